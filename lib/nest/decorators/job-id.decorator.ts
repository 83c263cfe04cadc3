import type { PipeTransform, Type } from '@nestjs/common';
import { PARAMETER_KINDS } from '../handling/parameter-kinds.js';
import { jobParameter } from './job-parameter.js';

/**
 * Gives a parameter of a handler the id of its job.
 *
 * @example
 * @Process('charge')
 * charge(@JobId() id: string, @JobData() order: Order) { … }
 */
export function JobId(...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return jobParameter(PARAMETER_KINDS.id, undefined, pipes);
}
