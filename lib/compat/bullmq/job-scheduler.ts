import type { JobClass } from '../../job/job-store.js';
import type { RepeatOptions, RepeatStrategy } from '../../job/repeat-options.js';
import { QueueGetters } from '../../queue/queue-getters.js';
import type {
  JobScheduler as StoredScheduler,
  JobSchedulerTemplateOptions,
} from '../../schedule/job-scheduler.js';
import type { JobsOptions } from '../../job/job-options.js';
import { JobSchedulers } from '../../schedule/job-schedulers.js';
import { engineOptions, type QueueBaseOptions } from './base-options.js';
import { Job } from './job.js';
import { engineJobOptions } from './job-options.js';
import { knownOptions } from './known-options.js';
import { spanless } from './spans.js';
import { coded } from './with-code.js';

const REPEAT_OPTION_NAMES = [
  ...['pattern', 'every', 'tz', 'limit', 'startDate', 'endDate', 'immediately', 'offset', 'count'],
  ...['missed', 'atMost', 'overlap', 'jitter', 'spread'],
];

export interface RepeatBaseOptions<Connection = any> extends QueueBaseOptions<Connection> {
  settings?: { repeatStrategy?: unknown; repeatKeyHashAlgorithm?: string };
}

/** Of the options of another part, those that it shares with its schedulers. */
export function schedulerOptions(given: RepeatBaseOptions): RepeatBaseOptions {
  const { connection, skipVersionCheck, prefix, telemetry, codec, callTimeout, settings } = given;
  const all = {
    connection: connection as unknown,
    skipVersionCheck,
    prefix,
    telemetry,
    codec,
    callTimeout,
    settings,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** When a scheduler makes jobs, as the engine takes it. */
export function repeatOptions(repeat: object): RepeatOptions {
  return knownOptions('repeat option', repeat, REPEAT_OPTION_NAMES) as RepeatOptions;
}

/** Options of the jobs of a scheduler, as the engine takes them. A backoff is shown as it was given. */
export function templateOptions(
  opts: JobSchedulerTemplateOptions | undefined,
): { opts: JobSchedulerTemplateOptions } | undefined {
  const own = engineJobOptions(opts);
  // Each slot has its own.
  for (const name of ['jobId', 'delay', 'parent'] as const) {
    delete (own as JobsOptions | undefined)?.[name];
  }
  if (own && typeof opts?.backoff === 'number') {
    own.backoff = opts.backoff;
  }
  return own && { opts: own };
}

/** A scheduler as BullMQ shows it. */
export function shown<D>(scheduler: StoredScheduler<D>): StoredScheduler<D> {
  return { offset: 0, ...scheduler };
}

/** The job schedulers of a queue. `Queue` has calls for all of it. */
export class JobScheduler extends QueueGetters<any> {
  private readonly schedulers: JobSchedulers<any>;

  constructor(name: string, opts?: RepeatBaseOptions) {
    const { settings, ...base } = engineOptions('JobScheduler option', spanless(opts), ['settings']);
    super(name, base);
    const strategy = settings?.repeatStrategy as RepeatStrategy | undefined;
    this.schedulers = new JobSchedulers<any>(this.store, { strategy });
  }

  /** Makes a scheduler, or changes it. */
  async upsertJobScheduler<T = any, R = any, N extends string = string>(
    id: string,
    repeat: RepeatOptions,
    name: N,
    data: T,
    opts?: JobSchedulerTemplateOptions,
    _how?: { override: boolean; producerId?: string },
  ): Promise<Job<T, R, N> | undefined> {
    const template = { name, data, ...templateOptions(opts) };
    return coded(() => this.schedulers.upsert(id, repeatOptions(repeat), template)) as Promise<
      Job<T, R, N> | undefined
    >;
  }

  /** Returns 0 where there was one, 1 where there was none. */
  async removeJobScheduler(id: string): Promise<number> {
    return (await this.schedulers.remove(id)) ? 0 : 1;
  }

  async isJobScheduler(id: string): Promise<boolean> {
    return (await this.schedulers.get(id)) !== undefined;
  }

  async getScheduler<D = any>(id: string): Promise<StoredScheduler<D> | undefined> {
    const found = await this.schedulers.get<D>(id);
    return found && shown(found);
  }

  async getJobSchedulers<D = any>(start = 0, end = -1, asc = false): Promise<StoredScheduler<D>[]> {
    return (await this.schedulers.list<D>(start, end, asc)).map(shown);
  }

  getSchedulersCount(): Promise<number> {
    return this.store.schedules.count();
  }

  /** A name that a key of BullMQ's would have; nothing is stored under it. */
  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  /** Once `close` was called. */
  closing: Promise<void> | undefined;

  override close(): Promise<void> {
    return (this.closing ??= super.close());
  }

  protected override get jobClass(): JobClass {
    return Job as unknown as JobClass;
  }
}
