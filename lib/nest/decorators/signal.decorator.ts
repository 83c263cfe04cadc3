import { PARAMETER_KINDS } from '../handling/parameter-kinds.js';
import { jobParameter } from './job-parameter.js';

/**
 * Gives a parameter of a handler the `AbortSignal` of its run, or of its step.
 *
 * @example
 * @Process('resize')
 * resize(@JobData() photo: Photo, @Signal() signal: AbortSignal) { … }
 */
export function Signal(): ParameterDecorator {
  return jobParameter(PARAMETER_KINDS.signal);
}
