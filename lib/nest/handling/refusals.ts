import { ValidationPipe } from '@nestjs/common';
import { JobRefusedError } from '../nest-errors.js';

/** Statuses of an HTTP exception that say "later" rather than "no". */
const LATER = [408, 425, 429];

/** Remembers which errors were a guard's or a pipe's "no", so that filters get them as they were thrown. */
export class Refusals {
  private readonly errors = new WeakSet<object>();

  /** Rethrows what a guard or a pipe has thrown. One that merely could not do its work is no refusal. */
  note(error: unknown, pipe?: unknown): never {
    if (typeof error === 'object' && error !== null && (isRefusal(error) || isValidationPipe(pipe))) {
      this.errors.add(error);
    }
    throw error;
  }

  /** What fails the job: a refusal is final. */
  final(error: unknown, label: string): unknown {
    const isRefused = typeof error === 'object' && error !== null && this.errors.has(error);
    return isRefused ? new JobRefusedError(label, error) : error;
  }
}

function isRefusal(error: { getStatus?: unknown }): boolean {
  if (typeof error.getStatus !== 'function') return false;
  const status = Number(error.getStatus());
  return status >= 400 && status < 500 && !LATER.includes(status);
}

/** `StandardSchemaValidationPipe` is known by its name: Nest 11 has none to import. */
function isValidationPipe(pipe: unknown): boolean {
  if (pipe instanceof ValidationPipe) return true;
  for (
    let prototype = Object(pipe) as object | null;
    prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    if (prototype.constructor?.name === 'StandardSchemaValidationPipe') return true;
  }
  return false;
}
