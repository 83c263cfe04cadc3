import {
  checkBoolean,
  checkDeduplicationId,
  checkInteger,
  checkJobId,
  checkNumber,
  PRIORITY_LIMIT,
} from './check.js';
import { InvalidOptionError } from './errors.js';
import { checkFailurePolicy } from './failure-policy.js';
import type {
  BackoffOptions,
  DeduplicationOptions,
  JobsOptions,
  JobTelemetryOptions,
  KeepJobs,
} from './job-options.js';
import { checkEach, type OptionCheck, refuseUnknown } from './known-names.js';
import { checkGroup } from './group.js';
import { checkLimitNames } from './limit.js';
import { refOf, type ParentOptions } from './job-ref.js';

const CHECKS: Record<keyof JobsOptions, OptionCheck> = {
  timestamp: (option, value) => checkNumber(option, value, 0),
  priority: (option, value) => checkInteger(option, value, 0, PRIORITY_LIMIT),
  delay: (option, value) => checkNumber(option, value, 0),
  attempts: (option, value) => checkInteger(option, value, 1),
  backoff: checkBackoff,
  lifo: checkBoolean,
  removeOnComplete: checkKeep,
  removeOnFail: checkKeep,
  keepLogs: (option, value) => checkInteger(option, value, 0),
  limits: checkLimitNames,
  awaitLimits: checkBoolean,
  group: checkGroup,
  stackTraceLimit: (option, value) => checkInteger(option, value, 0),
  sizeLimit: (option, value) => checkInteger(option, value, 0),
  // '' asks for none, as it does in a form that was left empty.
  jobId: (_option, value) => value === '' || checkJobId(value),
  deduplication: checkDeduplication,
  failParentOnFailure: checkBoolean,
  continueParentOnFailure: checkBoolean,
  ignoreDependencyOnFailure: checkBoolean,
  removeDependencyOnFailure: checkBoolean,
  parent: (option, value) => refOf(option, value as ParentOptions),
  telemetry: checkTelemetryOptions,
  context: checkContext,
  repeat: refuseRepeat,
  prevMillis: refuseRepeat,
};

/** Throws an `InvalidOptionError` for the first option that cannot be used; unknown names count as such. */
export function checkJobOptions(options: JobsOptions): void {
  checkEach('job option', options, CHECKS);
  checkFailurePolicy(options);
}

export function checkKeep(option: string, value: unknown): void {
  if (typeof value === 'boolean') {
    return;
  }
  if (typeof value === 'number') {
    checkInteger(option, value, 0);
    return;
  }
  const keep = value as KeepJobs | null;
  if (typeof keep !== 'object' || keep === null || (keep.count === undefined && keep.age === undefined)) {
    throw new InvalidOptionError(
      option,
      value,
      'Use true, false, a count, or an object with `count`, `age` or both.',
    );
  }
  refuseUnknown(`${option}.`, keep, ['count', 'age', 'limit']);
  if (keep.count !== undefined) {
    checkInteger(`${option}.count`, keep.count, 0);
  }
  if (keep.age !== undefined) {
    checkNumber(`${option}.age`, keep.age, 0);
  }
  if (keep.limit !== undefined) {
    checkInteger(`${option}.limit`, keep.limit, 1);
  }
}

function checkTelemetryOptions(option: string, value: unknown): void {
  const telemetry = value as JobTelemetryOptions | null;
  if (typeof telemetry !== 'object' || telemetry === null) {
    throw new InvalidOptionError(option, value, 'Use an object, such as { omitContext: true }.');
  }
  refuseUnknown(`${option}.`, telemetry, ['metadata', 'omitContext']);
  if (telemetry.metadata !== undefined && typeof telemetry.metadata !== 'string') {
    throw new InvalidOptionError(`${option}.metadata`, telemetry.metadata, 'Use a text.');
  }
  if (telemetry.omitContext !== undefined) {
    checkBoolean(`${option}.omitContext`, telemetry.omitContext);
  }
}

function refuseRepeat(option: string, value: unknown): void {
  throw new InvalidOptionError(option, value, 'Use queue.upsertJobScheduler for jobs that repeat.');
}

function checkContext(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(option, '…', 'Use an object with a value for each propagator, by its name.');
  }
}

const DEDUPLICATION = ['id', 'ttl', 'extend', 'replace', 'reschedule', 'keepLastIfActive'];

export function checkDeduplication(option: string, value: unknown): void {
  const rule = value as DeduplicationOptions | null;
  if (typeof rule !== 'object' || rule === null) {
    throw new InvalidOptionError(option, value, "Use an object with `id`, such as { id: 'house-7' }.");
  }
  refuseUnknown(`${option}.`, rule, DEDUPLICATION);
  checkDeduplicationId(`${option}.id`, rule.id);
  if (rule.ttl !== undefined) {
    checkNumber(`${option}.ttl`, rule.ttl, 0);
  }
  for (const flag of ['extend', 'replace', 'reschedule', 'keepLastIfActive'] as const) {
    if (rule[flag] !== undefined) {
      checkBoolean(`${option}.${flag}`, rule[flag]);
    }
  }
}

export function checkBackoff(option: string, value: unknown): void {
  if (typeof value === 'number') {
    checkNumber(option, value, 0);
    return;
  }
  const backoff = value as BackoffOptions | null;
  if (typeof backoff !== 'object' || backoff === null || typeof backoff.type !== 'string') {
    throw new InvalidOptionError(
      option,
      value,
      "Use milliseconds or an object with `type`, such as { type: 'fixed', delay: 1000 }.",
    );
  }
  refuseUnknown(`${option}.`, backoff, ['type', 'delay', 'jitter']);
  if (backoff.delay !== undefined) {
    checkNumber(`${option}.delay`, backoff.delay, 0);
  }
  if (backoff.jitter !== undefined) {
    checkNumber(`${option}.jitter`, backoff.jitter, 0, 1);
  }
}
