import type { ListedState } from '../../lib/job/job-state.js';
import type { RedisClient } from '../../lib/redis/client.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { recordText } from './read-queue-keys.js';

export interface SeedJob {
  id: string;
  /** Default: waiting. */
  state?: ListedState;
  name?: string;
  /** Default: SEED_TIME. */
  timestamp?: number;
  /** JSON. */
  opts?: string;
  /** JSON. */
  data?: string;
  /** Of a delayed job. */
  due?: number;
  /** Number of its class, for a prioritized job; stored for any other. */
  priority?: number;
  /** When the lock of an active job expires. */
  lockUntil?: number;
  /** Score in place of the one that follows from the above. */
  score?: number;
  /** Its children by ref; default for one that waits for children: one that is pending. */
  children?: Record<string, string>;
  /** Fields of the hash, over those that a job in that state has. */
  fields?: Record<string, string | number>;
  logs?: string[];
}

export interface Seed {
  jobs?: SeedJob[];
  paused?: boolean;
  maxEvents?: number;
  /** A window of the rate limit. */
  limiter?: { count: number; until: number; length?: number };
  /** Until when the rate limit was closed by hand. */
  closedUntil?: number | string;
}

/** The moment around which seeded queues live: tests drive virtual time from here. */
export const SEED_TIME = 1_700_000_000_000;

const CLASS_SPAN = 2 ** 32;
const CLASS_MIDDLE = 2 ** 31;
const LIMITER_TTL_MS = 600_000;

/** Puts a queue into a state, as the scripts would have left it there. Jobs of a state keep their order. */
export async function seedQueue(
  client: RedisClient,
  prefix: string,
  queue: string,
  seed: Seed,
): Promise<void> {
  const keys = new QueueKeys(prefix, queue);
  const meta: Record<string, string | number> = {};
  if (seed.paused) meta.paused = 1;
  if (seed.maxEvents !== undefined) meta.maxEvents = seed.maxEvents;
  if (seed.closedUntil !== undefined) meta.closedUntil = seed.closedUntil;
  const batch = client.pipeline();
  for (const [i, job] of (seed.jobs ?? []).entries()) {
    const { id, state = 'waiting' } = job;
    batch.set(keys.derived('body', id), bodyText(job));
    const fields = { ...usualFields(job), ...job.fields };
    const record = Object.keys(fields).length > 0 ? recordText(fields) : undefined;
    if (record !== undefined) batch.set(keys.derived('job', id), record);
    else if (Object.keys(fields).length > 0) batch.hset(keys.derived('job', id), fields);
    const children = job.children ?? (state === 'waiting-children' ? { 'other:{queue}:\tchild': 'p' } : {});
    if (Object.keys(children).length > 0) batch.hset(keys.derived('children', id), children);
    if (job.logs || Object.keys(children).length > 0) meta.extras = 1;
    if (job.logs) batch.rpush(keys.derived('logs', id), ...job.logs);
    if (state === 'waiting') batch.rpush(keys.of('waiting'), id);
    else batch.zadd(keys.of(state), job.score ?? usualScore(job, i + 1), id);
    if (state !== 'waiting') meta.seq = i + 1;
    if (/^\d+$/.test(id)) meta.id = Math.max(Number(meta.id ?? 0), Number(id));
  }
  if (Object.keys(meta).length > 0) batch.hset(keys.of('meta'), meta);
  if (seed.limiter) {
    batch.hset(keys.of('limiter'), seed.limiter);
    batch.pexpire(keys.of('limiter'), LIMITER_TTL_MS);
  }
  for (const [error] of (await batch.exec()) ?? []) {
    if (error) throw error;
  }
}

/** A job's body as it is stored. */
export function bodyText({
  timestamp = SEED_TIME,
  name = 'work',
  opts = '{}',
  data = '{}',
}: Partial<SeedJob>): string {
  return `${timestamp}\n${name}\n${opts}\n${data}`;
}

function usualFields({ state = 'waiting', priority }: SeedJob): Record<string, string | number> {
  const own = priority === undefined ? {} : { priority };
  const run = { token: 'w:1', attemptsStarted: 1, processedOn: SEED_TIME };
  switch (state) {
    case 'active':
      return { state, ...own, ...run };
    case 'completed':
      return { state, ...own, ...run, attemptsMade: 1, finishedOn: SEED_TIME, result: '"done"' };
    case 'failed':
      return {
        state,
        ...own,
        ...run,
        attemptsMade: 1,
        finishedOn: SEED_TIME,
        failedReason: '"no"',
        stack: '[]',
      };
    case 'waiting-children':
      return { state, ...own, ...run, pending: 1 };
    default:
      return priority === undefined ? {} : { state, ...own };
  }
}

function usualScore({ state, due, priority, lockUntil }: SeedJob, seq: number): number {
  switch (state) {
    case 'delayed':
      return (due ?? SEED_TIME + 60_000) + (seq % 4096) / 4096;
    case 'prioritized':
      return (priority ?? 0) * CLASS_SPAN + CLASS_MIDDLE + seq;
    case 'active':
      return lockUntil ?? SEED_TIME + 30_000;
    default:
      return seq;
  }
}
