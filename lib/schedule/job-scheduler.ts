import type { Codec } from '../job/codec.js';
import type { FlowJob } from '../job/flow-job.js';
import type { JobsOptions } from '../job/job-options.js';
import { decodeValue, parseStored } from '../job/json.js';
import type { RepeatOptions } from '../job/repeat-options.js';
import type { SchedulerRecord } from '../store/schedule-store.js';
import { UnreadableSchedulerError } from './scheduler-errors.js';

/** Options of the jobs that a scheduler makes. When they run and under which id is the scheduler's business. */
export type JobSchedulerTemplateOptions = Omit<
  JobsOptions,
  'jobId' | 'delay' | 'timestamp' | 'parent' | 'repeat' | 'prevMillis'
>;

/** What the jobs of a scheduler are made from. */
export interface JobSchedulerTemplate<D = any, N extends string = string> {
  /** Default: the scheduler's id. */
  name?: N;
  /** Default `{}`. */
  data?: D;
  opts?: JobSchedulerTemplateOptions;
  /**
   * Jobs that have to end before that of a slot runs, in any queues: each slot brings the whole tree. The tree is added when the job of
   * the slot first starts, before its processor; ids follow from the slot, so that `jobId` is refused.
   *
   * @example
   * { name: 'report', children: [{ name: 'collect', queueName: 'figures', data: { source: 'orders' } }] }
   */
  children?: FlowJob[];
}

/** A scheduler as it was given, and how far it is. */
export interface JobScheduler<D = any> extends Omit<
  RepeatOptions,
  'startDate' | 'endDate' | 'count' | 'immediately'
> {
  /** Its id. */
  key: string;
  /** Name of its jobs. */
  name: string;
  /** Its next slot, ms since 1970. Where none follows, the last one. */
  next: number;
  /** How many jobs it has made, over all changes; one that an upsert replaces before it starts is not counted twice. */
  iterationCount: number;
  startDate?: number;
  endDate?: number;
  /** Whether it makes no jobs for now. Absent otherwise. */
  paused?: true;
  template?: { data?: D; opts?: JobSchedulerTemplateOptions; children?: FlowJob[] };
}

/** What is kept for getters, and for who plans slots. */
export interface GivenSchedule {
  name: string;
  repeat: RepeatOptions & { startDate?: number; endDate?: number };
  opts?: JobSchedulerTemplateOptions;
  /** As the codec has made them. */
  children?: unknown;
  /** Whether slots are planned by a strategy of the user's own. */
  strategy?: true;
}

/** Throws `UnreadableValueError`. */
export function givenOf({ id, given }: SchedulerRecord): GivenSchedule {
  const stored = parseStored(`The job scheduler ${id}`, given) as GivenSchedule | null;
  if (typeof stored?.repeat !== 'object') {
    throw new UnreadableSchedulerError(id);
  }
  return stored;
}

export function schedulerOf<D>(record: SchedulerRecord, codec: Codec | undefined): JobScheduler<D> {
  const { name, repeat, opts, children: tree } = givenOf(record);
  const { count: _count, immediately: _immediately, ...shown } = repeat;
  const data = record.data === '{}' ? undefined : decodeValue<D>('Job data', record.data, codec);
  const children =
    tree === undefined
      ? undefined
      : decodeValue<FlowJob[]>('The children of the template', JSON.stringify(tree), codec);
  const template = {
    ...(data === undefined ? {} : { data }),
    ...(opts ? { opts } : {}),
    ...(children ? { children } : {}),
  };
  return {
    key: record.id,
    name,
    next: record.slot,
    iterationCount: record.count,
    ...shown,
    ...(record.paused ? { paused: true } : {}),
    ...(Object.keys(template).length > 0 ? { template } : {}),
  };
}
