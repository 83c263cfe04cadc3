import type { PipeTransform, Type } from '@nestjs/common';
import { PARAMETER_KINDS } from '../handling/parameter-kinds.js';
import { jobParameter } from './job-parameter.js';

type Pipe = Type<PipeTransform> | PipeTransform;

/** What `@JobData` takes where a schema says what the data has to be. */
export interface JobDataOptions {
  /** A standard schema, such as one of zod, for Nest's `StandardSchemaValidationPipe` (from Nest 12 on). */
  schema?: { readonly '~standard': object };
  /** Pipes that the data goes through, beside those of the method and the class. */
  pipes?: readonly Pipe[];
}

/**
 * Gives a parameter of a handler the data of its job, or one property of it, as pipes make it. A `ValidationPipe` validates
 * it by the parameter's class; data that a pipe refuses fails the job for good before the handler runs.
 *
 * @example
 * @Process('charge')
 * charge(@JobData(new ValidationPipe()) order: OrderDto, @JobData('amount', ParseIntPipe) amount: number) { … }
 */
export function JobData(property: string, ...pipes: Pipe[]): ParameterDecorator;
export function JobData(...pipes: Pipe[]): ParameterDecorator;
export function JobData(options: JobDataOptions): ParameterDecorator;
export function JobData(first?: string | Pipe | JobDataOptions, ...pipes: Pipe[]): ParameterDecorator {
  if (typeof first === 'string') return jobParameter(PARAMETER_KINDS.data, first, pipes);
  if (isOptions(first)) return jobParameter(PARAMETER_KINDS.data, undefined, first.pipes, first.schema);
  return jobParameter(PARAMETER_KINDS.data, undefined, first ? [first, ...pipes] : pipes);
}

function isOptions(first: Pipe | JobDataOptions | undefined): first is JobDataOptions {
  return typeof first === 'object' && !('transform' in first);
}
