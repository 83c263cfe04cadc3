import { parseBase, queueBase } from '../job/job-ref.js';

const FIXED = [
  'meta',
  'waiting',
  'prioritized',
  'delayed',
  'active',
  'completed',
  'failed',
  'events',
  'wake',
  'limiter',
  'waiting-children',
  'outbox',
  'fences',
  'inbox',
  'staging',
  'unreadable',
  'limits',
  'limited',
  'holders',
  'notices',
  'metrics',
  'completed-points',
  'failed-points',
  'present',
  'gate',
] as const;

/** A key that a queue has once, whatever its jobs. */
export type FixedKey = (typeof FIXED)[number];

/** A key that belongs to one job, writer, limit, group, deduplication, scheduler or flow under way; its name ends in their id. */
export type DerivedKey =
  | 'job'
  | 'body'
  | 'logs'
  | 'children'
  | 'writer'
  | 'dedup'
  | 'staged'
  | 'posted'
  | 'scheduler'
  | 'schedulers'
  | 'limit'
  | 'lent'
  | 'parked'
  | 'groups'
  | 'group'
  | 'grouped'
  | 'sidelined';

/** The only place where a key is spelled. All keys of a queue share its hash tag, so they share a cluster slot. */
export class QueueKeys {
  readonly base: string;
  private readonly fixed: Record<FixedKey, string>;

  constructor(
    readonly prefix: string,
    readonly queueName: string,
  ) {
    this.base = queueBase(prefix, queueName);
    this.fixed = Object.fromEntries(FIXED.map((key) => [key, this.base + key])) as Record<FixedKey, string>;
  }

  static ofBase(base: string): QueueKeys {
    const { prefix, queueName } = parseBase(base);
    return new QueueKeys(prefix, queueName);
  }

  /** The nudge of a reader, in the queue that the fixed key belongs to. */
  static nudgeBeside(key: string, readerId: string): string {
    return `${key.slice(0, key.lastIndexOf(':') + 1)}nudge:${readerId}`;
  }

  of(key: FixedKey): string {
    return this.fixed[key];
  }

  derived(key: DerivedKey, id: string): string {
    return `${this.base}${key}:${id}`;
  }
}
