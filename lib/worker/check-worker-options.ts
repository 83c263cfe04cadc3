import { checkBoolean, checkInteger, checkNumber } from '../job/check.js';
import { checkKeep } from '../job/check-job-options.js';
import { InvalidOptionError } from '../job/errors.js';
import type { WorkerOptions } from './worker-options.js';

type Check = (option: string, value: unknown) => void;

const positive: Check = (option, value) => checkNumber(option, value, 1);
const count: Check = (option, value) => checkInteger(option, value, 0);
const any: Check = () => {};

const CHECKS: Record<keyof WorkerOptions, Check> = {
  connection: any,
  prefix: any,
  settings: any,
  name: any,
  concurrency: checkConcurrency,
  autorun: checkBoolean,
  lockDuration: positive,
  lockRenewTime: positive,
  skipLockRenewal: checkBoolean,
  stalledInterval: positive,
  skipStalledCheck: checkBoolean,
  maxStalledCount: count,
  maxStartedAttempts: count,
  drainDelay: (option, value) => checkNumber(option, value, 0.01),
  limiter: checkLimiter,
  removeOnComplete: checkKeep,
  removeOnFail: checkKeep,
  closeTimeout: (option, value) => checkNumber(option, value, 0),
  maxEventBytes: positive,
};

/** Throws an `InvalidOptionError` for the first option that cannot be used; unknown names count as such. */
export function checkWorkerOptions(options: WorkerOptions): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) {
      continue;
    }
    const check = CHECKS[option as keyof WorkerOptions];
    if (!check) {
      throw new InvalidOptionError(
        `worker option ${option}`,
        value,
        `Known options: ${Object.keys(CHECKS).join(', ')}.`,
      );
    }
    check(option, value);
  }
  const { lockDuration, lockRenewTime } = options;
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
  checkInteger(`${option}.max`, max, 1);
  checkNumber(`${option}.duration`, duration, 1);
}
