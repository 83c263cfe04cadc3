import { InvalidOptionError } from './errors.js';
import type { JobsOptions } from './job-options.js';

/** What the failure of a child means for its parent, as scripts name it; see lua/README.md. */
export type FailurePolicy = 'f' | 'c' | 'i' | 'r' | '-';

const LETTERS = {
  failParentOnFailure: 'f',
  continueParentOnFailure: 'c',
  ignoreDependencyOnFailure: 'i',
  removeDependencyOnFailure: 'r',
} as const;

const OPTIONS = Object.keys(LETTERS) as (keyof typeof LETTERS)[];

const chosen = (options: JobsOptions): (keyof typeof LETTERS)[] =>
  OPTIONS.filter((option) => options[option]);

/** Throws an `InvalidOptionError` for two policies at once. */
export function checkFailurePolicy(options: JobsOptions): void {
  const [first, second] = chosen(options);
  if (second !== undefined) {
    throw new InvalidOptionError(`job option ${second}`, true, `It cannot be had with ${first}: choose one.`);
  }
}

export function failurePolicy(options: JobsOptions): FailurePolicy {
  const [option] = chosen(options);
  return option === undefined ? '-' : LETTERS[option];
}

/** Defaults without their policy where the job has one of its own. */
export function withoutPolicy(defaults: JobsOptions, own: JobsOptions): JobsOptions {
  if (chosen(own).length === 0) {
    return defaults;
  }
  const { failParentOnFailure, continueParentOnFailure, ignoreDependencyOnFailure, ...rest } = defaults;
  const { removeDependencyOnFailure, ...kept } = rest;
  return kept;
}
