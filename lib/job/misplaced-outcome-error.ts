import { UnrecoverableError } from './special-errors.js';

/** Marks outcomes of steps, which are made on a higher floor. */
export const OUTCOME = Symbol.for('stepwell.outcome');

/**
 * An outcome, such as `sleep()`, where only a value can be: in a plain processor, in what undoes a step, as data or progress.
 * It is not tried again: the outcome would be the same.
 */
export class MisplacedOutcomeError extends UnrecoverableError {
  readonly code = 'MISPLACED_OUTCOME';

  constructor(what: string) {
    super(
      `${what} is an outcome, which only a step can return. Make the method a step (@Step, defineSteps), or return a value.`,
    );
    this.name = new.target.name;
  }
}
