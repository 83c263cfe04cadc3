import { checkJobName } from './check.js';
import type { Codec } from './codec.js';
import { checkJobOptions } from './check-job-options.js';
import { DataTooLargeError, InvalidOptionError } from './errors.js';
import { withoutPolicy } from './failure-policy.js';
import { groupText } from './group.js';
import { encodeBody, NONE } from './job-body.js';
import type { DeduplicationOptions, DefaultJobOptions, JobsOptions } from './job-options.js';
import { encodeJson } from './json.js';
import { specDedupText, specLimitsText, specText } from './wire.generated.js';
import type { NewJob } from './added-job.js';

/** A job to add that has been checked. */
export interface CheckedJob {
  name: string;
  data: unknown;
  /** In the form that scripts take. */
  job: NewJob;
  /** Its own, and the defaults. */
  opts: JobsOptions;
  /** JSON of its data, as it is stored. */
  json: string;
}

/**
 * Checks a job to add and puts it into the form that is stored: whatever adds jobs, alone, in a flow or by a scheduler, does it here.
 * Throws before anything is written.
 */
export function newJob(
  name: string,
  data: unknown,
  own: JobsOptions | undefined,
  defaults: DefaultJobOptions | undefined,
  codec?: Codec,
): CheckedJob {
  checkJobName(name);
  if (own) {
    checkJobOptions(own);
  }
  const opts: JobsOptions = defaults
    ? { ...(own ? withoutPolicy(defaults, own) : defaults), ...own }
    : own
      ? { ...own }
      : NONE;
  if (opts.parent && opts.deduplication) {
    throw new InvalidOptionError(
      'deduplication',
      opts.deduplication,
      'A job with a parent cannot have one: name it by jobId, or let its parent be deduplicated.',
    );
  }
  const json = encodeJson('Job data', data, '{}', codec);
  if (opts.sizeLimit !== undefined) {
    const bytes = Buffer.byteLength(json);
    if (bytes > opts.sizeLimit) {
      throw new DataTooLargeError(bytes, opts.sizeLimit);
    }
  }
  const job = { id: opts.jobId ?? '', spec: specOf(opts), body: encodeBody(name, opts, json) };
  return { name, data, job, opts, json };
}

/** The options that the script acts on; see `read_spec` in lua/shared/read-spec.lua. */
export function specOf(options: JobsOptions): string {
  const { delay, lifo, timestamp, deduplication, group } = options;
  const priority = group?.priority ?? options.priority;
  const limits = `${groupText(group)}${limitsText(options)}`;
  if (!delay && !priority && !lifo && timestamp === undefined && !deduplication && limits === '') {
    return '';
  }
  const created = timestamp === undefined ? '' : Math.floor(timestamp);
  const placement = specText(delay ? Math.ceil(delay) : '', priority || '', lifo ? '1' : '', created);
  return `${placement}${limits}${deduplication ? dedupText(deduplication) : ''}`;
}

/** A spec whose `group.maxSize` stops all jobs that are added with it. */
export function stoppingAll(spec: string): string {
  return spec.replace(/^([\d,]*@\d*,)(\d)/, '$1w$2');
}

function limitsText({ limits, awaitLimits }: JobsOptions): string {
  return limits && limits.length > 0 ? specLimitsText(awaitLimits ? '?' : ';', limits.join(';')) : '';
}

function dedupText({ id, ttl, extend, replace, reschedule, keepLastIfActive }: DeduplicationOptions): string {
  const flags = `${extend ? 'e' : ''}${replace ? 'r' : ''}${reschedule ? 's' : ''}${keepLastIfActive ? 'k' : ''}`;
  return specDedupText(ttl ? Math.ceil(ttl) : '', flags, id);
}
