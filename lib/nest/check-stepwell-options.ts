import { checkBoolean } from '../job/check.js';
import { checkQueueOptions } from '../queue/check-queue-options.js';
import type { StepwellOptions } from './interfaces/stepwell-options.interface.js';

/** Throws an `InvalidOptionError` for the first option of `forRoot` that cannot be used. */
export function checkStepwellOptions(options: StepwellOptions, what: string): void {
  if (typeof options !== 'object' || options === null) {
    checkQueueOptions(options, what);
  }
  const { failFast, telemetry, ...queue } = options;
  if (failFast !== undefined) {
    checkBoolean('failFast', failFast);
  }
  checkQueueOptions(telemetry === false || telemetry === undefined ? queue : { ...queue, telemetry }, what);
}
