import { StepwellError } from '../job/errors.js';

/** A test planned, or waits for, something that does not come, or asks what there is no Redis for. */
export class TimeTravelError extends StepwellError {
  constructor(message: string) {
    super(message, 'TIME_TRAVEL');
  }
}
