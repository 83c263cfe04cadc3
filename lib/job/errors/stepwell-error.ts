import { branded } from '../branded.js';

/**
 * Base of every error that Stepwell throws on purpose. `code` is stable, the message is for people. It is a number where BullMQ has
 * one for the same.
 */
export class StepwellError extends Error {
  constructor(
    message: string,
    readonly code: string | number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

branded(StepwellError, 'StepwellError');
