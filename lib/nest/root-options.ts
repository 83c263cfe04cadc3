import { checkBoolean } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { checkQueueOptions, QUEUE_OPTION_NAMES } from '../queue/check-queue-options.js';
import type { QueueOptions } from '../queue/queue-options.js';
import { BASE_OPTION_NAMES, refuseLooseConnection } from '../redis/check-base-options.js';
import { refuseUnknown } from '../job/known-names.js';
import type { ApplicationOptions, StepwellOptions } from './interfaces/stepwell-options.interface.js';

type Check = (option: string, value: unknown) => void;

const CHECKS: Record<keyof ApplicationOptions, Check> = {
  onHandle: checkOnHandle,
  globalEnhancers: checkBoolean,
  failFast: checkBoolean,
};

const NAMES = Object.keys(CHECKS) as (keyof ApplicationOptions)[];

/**
 * Throws an `InvalidOptionError` for the first option that cannot be used; unknown names count as such.
 * @param what such as `forRoot option`
 */
export function checkRootOptions(options: StepwellOptions, what: string): void {
  if (typeof options === 'object' && options !== null) {
    refuseLooseConnection(what, options);
    refuseUnknown(what, options, [...BASE_OPTION_NAMES, ...QUEUE_OPTION_NAMES, ...NAMES]);
    for (const name of NAMES) {
      if (options[name] !== undefined) CHECKS[name](name, options[name]);
    }
  }
  checkQueueOptions(queueOptionsOf(options), what);
}

/** What of the shared options is for each queue; `telemetry: false` is for none. */
export function queueOptionsOf(options: StepwellOptions): QueueOptions {
  if (typeof options !== 'object' || options === null) return options as never;
  const { telemetry, ...rest } = options;
  for (const name of NAMES) delete rest[name];
  return telemetry ? { ...rest, telemetry } : rest;
}

function checkOnHandle(option: string, value: unknown): void {
  for (const hook of [value].flat()) {
    if (typeof hook !== 'function') {
      throw new InvalidOptionError(option, hook, 'Use a function (info, next) => next(), or a list of such.');
    }
  }
}
