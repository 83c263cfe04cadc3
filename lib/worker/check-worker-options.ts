import { checkBoolean, checkInteger, checkNumber, LONGEST_TIMER_MS } from '../job/check.js';
import { checkCodec } from '../job/codec.js';
import { checkKeep } from '../job/check-job-options.js';
import { InvalidOptionError } from '../job/errors.js';
import { checkGroupLimits } from '../job/group.js';
import { checkEach, type OptionCheck, refuseUnknown } from '../job/known-names.js';
import { checkPropagate, checkTelemetry } from '../job/tracing.js';
import { checkCallTimeout } from '../redis/queue-base-options.js';
import { checkBatch } from './batch-options.js';
import type { BatchWorkerOptions, WorkerOptions } from './worker-options.js';

const time: OptionCheck = (option, value) => checkNumber(option, value, 1, LONGEST_TIMER_MS);
/** One that scripts count with. */
const wholeTime: OptionCheck = (option, value) => checkInteger(option, value, 1, LONGEST_TIMER_MS);
const count: OptionCheck = (option, value) => checkInteger(option, value, 0);
/** What one call brings. */
const MOST_AHEAD = 1000;
/** Eight weeks of minutes. */
export const MAX_METRIC_POINTS = 80_640;
/** Checked where they are used. */
const elsewhere: OptionCheck = () => {};

const CHECKS: Record<keyof WorkerOptions, OptionCheck> = {
  connection: elsewhere,
  skipVersionCheck: checkBoolean,
  prefix: elsewhere,
  codec: checkCodec,
  callTimeout: checkCallTimeout,
  telemetry: checkTelemetry,
  propagate: checkPropagate,
  settings: checkSettings,
  name: checkName,
  concurrency: checkConcurrency,
  batch: checkBatch,
  prefetch: (option, value) => checkInteger(option, value, 1, MOST_AHEAD),
  autorun: checkBoolean,
  lockDuration: wholeTime,
  lockRenewTime: time,
  skipLockRenewal: checkBoolean,
  stalledInterval: time,
  skipStalledCheck: checkBoolean,
  maxStalledCount: count,
  maxStartedAttempts: count,
  ttl: checkTtl,
  drainDelay: (option, value) => checkNumber(option, value, 0.01, LONGEST_TIMER_MS / 1000),
  limiter: checkLimiter,
  group: checkGroupLimits,
  maximumRateLimitDelay: time,
  runRetryDelay: time,
  removeOnComplete: checkKeep,
  removeOnFail: checkKeep,
  closeTimeout: checkCloseTimeout,
  metrics: checkMetrics,
  useWorkerThreads: checkBoolean,
  workerForkOptions: elsewhere,
  workerThreadsOptions: elsewhere,
  maxEventBytes: (option, value) => checkInteger(option, value, 1),
};

/** Names of the options that a worker takes. */
export const WORKER_OPTION_NAMES = Object.keys(CHECKS);

/** Throws an `InvalidOptionError` for the first option that cannot be used; unknown names count as such. */
export function checkWorkerOptions(options: WorkerOptions | BatchWorkerOptions): void {
  checkEach('worker option', options, CHECKS);
  const { lockDuration, lockRenewTime, batch, prefetch } = options;
  if (prefetch !== undefined && batch) {
    throw new InvalidOptionError(
      'prefetch',
      prefetch,
      'Leave it out: a batch brings several jobs by itself.',
    );
  }
  if (lockRenewTime !== undefined && lockRenewTime >= (lockDuration ?? 30_000)) {
    throw new InvalidOptionError(
      'lockRenewTime',
      lockRenewTime,
      'Use less than lockDuration, or locks expire before they are renewed.',
    );
  }
}

export function checkConcurrency(option: string, value: unknown): void {
  checkInteger(option, value, 1);
}

function checkLimiter(option: string, value: unknown): void {
  const { max, duration } = (value ?? {}) as { max?: unknown; duration?: unknown };
  refuseUnknown(`${option}.`, (value ?? {}) as object, ['max', 'duration']);
  checkInteger(`${option}.max`, max, 1);
  checkInteger(`${option}.duration`, duration, 1);
}

export function checkCloseTimeout(option: string, value: unknown): void {
  checkNumber(option, value, 0, LONGEST_TIMER_MS);
}

function checkMetrics(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(
      option,
      value,
      'Use an object, such as { maxDataPoints: MetricsTime.ONE_WEEK }.',
    );
  }
  refuseUnknown(`${option}.`, value, ['maxDataPoints']);
  const { maxDataPoints } = value as { maxDataPoints?: unknown };
  if (maxDataPoints !== undefined)
    checkInteger(`${option}.maxDataPoints`, maxDataPoints, 0, MAX_METRIC_POINTS);
}

function checkTtl(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    time(option, value);
    return;
  }
  for (const [jobName, ttl] of Object.entries(value)) {
    time(`${option}.${jobName}`, ttl);
  }
}

function checkName(option: string, value: unknown): void {
  if (typeof value !== 'string') {
    throw new InvalidOptionError(option, value, 'Use a text.');
  }
}

function checkSettings(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, 'Use an object with `backoffStrategy` or `repeatStrategy`.');
  }
  refuseUnknown(`${option}.`, value, ['backoffStrategy', 'repeatStrategy']);
  for (const [name, strategy] of Object.entries(value)) {
    if (strategy !== undefined && typeof strategy !== 'function') {
      throw new InvalidOptionError(
        `${option}.${name}`,
        strategy,
        'Use a function that answers milliseconds.',
      );
    }
  }
}

/** What `worker.close` takes besides true and false. */
export function checkClose(given: unknown): void {
  if (typeof given === 'boolean') return;
  checkEach('worker.close option', given as object, { timeoutMs: checkCloseTimeout, handBack: checkBoolean });
}
