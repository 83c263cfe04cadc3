import { checkBoolean } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';
import { checkQueueOptions, QUEUE_OPTION_NAMES } from '../queue/check-queue-options.js';
import { BASE_OPTION_NAMES } from '../redis/check-base-options.js';
import type { ApplicationOptions, StepwellOptions } from './interfaces/stepwell-options.interface.js';
import { queueOptionsOf } from './shared-options.js';

type Check = (option: string, value: unknown) => void;

const CHECKS: Record<keyof ApplicationOptions, Check> = {
  onHandle: checkOnHandle,
  globalEnhancers: checkBoolean,
  failFast: checkBoolean,
};

const NAMES = Object.keys(CHECKS) as (keyof ApplicationOptions)[];

/** Throws an `InvalidOptionError` for the first option of `forRoot` that cannot be used; unknown names count as such. */
export function checkStepwellOptions(options: StepwellOptions, what: string): void {
  if (typeof options !== 'object' || options === null) {
    checkQueueOptions(options, what);
  }
  refuseUnknown(what, options, [...BASE_OPTION_NAMES, ...QUEUE_OPTION_NAMES, ...NAMES]);
  for (const name of NAMES) {
    if (options[name] !== undefined) CHECKS[name](name, options[name]);
  }
  const { telemetry } = options;
  const queue = queueOptionsOf(options);
  checkQueueOptions(telemetry === false || telemetry === undefined ? queue : { ...queue, telemetry }, what);
}

function checkOnHandle(option: string, value: unknown): void {
  for (const hook of [value].flat()) {
    if (typeof hook !== 'function') {
      throw new InvalidOptionError(option, hook, 'Use a function (info, next) => next(), or a list of such.');
    }
  }
}
