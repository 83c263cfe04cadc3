import type { Codec } from '../job/codec.js';
import { InvalidOptionError } from '../job/errors.js';
import type { DefaultJobOptions, JobsOptions } from '../job/job-options.js';
import type { RepeatOptions } from '../job/repeat-options.js';
import type { GroupOptions } from '../job/group.js';
import { encodeJson } from '../job/json.js';
import { newJob, specOf } from '../job/new-job.js';
import type { StoredSchedule } from '../store/schedule-store.js';
import { dateOf } from './check-repeat.js';
import { hashOf } from './hash-of.js';
import type { GivenSchedule, JobSchedulerTemplate } from './job-scheduler.js';

const NOT_FOR_TEMPLATES = {
  jobId: 'The ids of its jobs follow from the id of the scheduler and the slot.',
  delay: 'Its jobs are due at their slots: use offset, spread or jitter.',
  timestamp: 'Its jobs are created when the one before starts.',
  parent: 'Its jobs are the children of none: let them add children instead.',
  debounce: 'Use deduplication.',
} as const;

const ALL_AT_MOST = 100;

export interface ScheduleSource {
  defaults: DefaultJobOptions | undefined;
  codec: Codec | undefined;
  hasStrategy: boolean;
  /** Limits of a job that names none itself. */
  limitsOf: ((data: any, name: any) => readonly string[] | undefined) | undefined;
  /** Group of a job that names none itself. */
  groupOf: ((data: any, name: any) => GroupOptions | undefined) | undefined;
  /** Fingerprint of the code that it comes from, '' where it was made by hand. */
  origin: string;
}

/** Puts a scheduler that has been checked into the form that is stored. Throws for a template that contradicts it. */
export function storeSchedule(
  id: string,
  repeat: RepeatOptions,
  template: JobSchedulerTemplate,
  { defaults, codec, hasStrategy, origin, limitsOf, groupOf }: ScheduleSource,
): StoredSchedule {
  const { name = id, data, opts, children } = template;
  refuseMisplaced(opts, repeat);
  const { delay: _delay, timestamp: _timestamp, ...ownDefaults } = defaults ?? {};
  const limits = opts?.limits === undefined ? limitsOf?.(data ?? {}, name) : undefined;
  const group = opts?.group === undefined ? groupOf?.(data ?? {}, name) : undefined;
  const own = { ...opts, ...(limits && { limits }), ...(group && { group }) };
  const { json, opts: merged } = newJob(name, data, own, ownDefaults, codec);
  const given = givenSchedule(name, repeat, opts, hasStrategy);
  if (children && children.length > 0) {
    given.children = JSON.parse(encodeJson('The children of the template', children, '[]', codec));
  }
  const { startDate, endDate, every, offset, limit } = given.repeat;
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value));
  return {
    id,
    given: JSON.stringify(given),
    every: text(every),
    offset: text(offset),
    start: text(startDate),
    ends: text(endDate),
    limit: text(limit),
    count: repeat.count ?? 0,
    immediately: repeat.immediately === true && repeat.pattern !== undefined,
    missed: repeat.missed ?? 'skip',
    most: repeat.atMost ?? ALL_AT_MOST,
    overlap: repeat.overlap ?? 'allow',
    // Where it lies follows from its id.
    spreadMs: repeat.spread ? hashOf(id) % repeat.spread : 0,
    jitterMs: repeat.jitter ?? 0,
    spec: specFor(id, repeat, merged),
    head: `${name}\n${openOptions(merged, given)}`,
    data: json,
    origin,
  };
}

function refuseMisplaced(opts: object | undefined, repeat: RepeatOptions): void {
  for (const [option, fix] of Object.entries(NOT_FOR_TEMPLATES)) {
    const value = (opts as Record<string, unknown> | undefined)?.[option];
    if (value !== undefined) {
      throw new InvalidOptionError(`opts.${option}`, value, fix);
    }
  }
  if ((opts as JobsOptions | undefined)?.deduplication && (repeat.overlap ?? 'allow') !== 'allow') {
    throw new InvalidOptionError(
      'overlap',
      repeat.overlap,
      'It is a deduplication by the id of the scheduler: use that or opts.deduplication.',
    );
  }
}

function givenSchedule(
  name: string,
  { startDate, endDate, ...repeat }: RepeatOptions,
  opts: JobSchedulerTemplate['opts'],
  hasStrategy: boolean,
): GivenSchedule {
  return {
    name,
    repeat: {
      ...repeat,
      ...(startDate === undefined ? {} : { startDate: dateOf('startDate', startDate) }),
      ...(endDate === undefined ? {} : { endDate: dateOf('endDate', endDate) }),
    },
    ...(opts && Object.keys(opts).length > 0 ? { opts } : {}),
    ...(hasStrategy && repeat.pattern !== undefined ? { strategy: true } : {}),
  };
}

function specFor(id: string, { overlap }: RepeatOptions, opts: JobsOptions): string {
  const deduplication = overlap === 'skip' ? { id: `repeat:${id}` } : opts.deduplication;
  const { priority, lifo, limits, awaitLimits, group } = opts;
  const asked = {
    ...(limits === undefined ? {} : { limits }),
    ...(awaitLimits === undefined ? {} : { awaitLimits }),
    ...(priority === undefined ? {} : { priority }),
    ...(lifo === undefined ? {} : { lifo }),
    ...(deduplication === undefined ? {} : { deduplication }),
    ...(group === undefined ? {} : { group }),
  };
  return specOf(asked) || ',,,';
}

/** The options of a job as JSON up to where the script puts the number of the job. */
function openOptions(opts: JobsOptions, { repeat, children }: GivenSchedule): string {
  const { immediately: _immediately, count: _count, ...own } = repeat;
  const shown = children === undefined ? own : { ...own, children };
  const open = (value: object): string => {
    const json = JSON.stringify(value).slice(0, -1);
    return json === '{' ? json : `${json},`;
  };
  return `${open(opts)}"repeat":${open(shown)}"count":`;
}
