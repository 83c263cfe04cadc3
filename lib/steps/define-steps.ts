import { InvalidOptionError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { refuseUnknown } from '../job/known-names.js';
import type { Processor } from '../worker/worker-options.js';
import type { StepContext, StepName } from './step-context.js';
import {
  checkCompensationOptions,
  checkStepOptions,
  type Compensation,
  type StepDefinition,
  type StepOptions,
  type StepTries,
} from './step-definition.js';
import { StepPlan } from './step-plan.js';
import { StepRunner } from './step-runner.js';
import type { StepReturn, StepsIn, WithCodec } from './step-types.js';

/** Does the work of a step. */
export type DefinedStepFunction<S, V, D> = (job: Job<D>, context: StepContext<S>) => StepReturn<V>;

/** Undoes a step. */
export type CompensationFunction<S, D> = (job: Job<D>, context: StepContext<S>) => unknown;

/** A step with options. */
export interface DefinedStep<S, V, D> extends Omit<StepOptions, 'name' | 'next'> {
  run: DefinedStepFunction<S, V, D>;
  /** Name of the step to go on with. Default: the one that follows. */
  next?: NoInfer<StepName<S>>;
  /** Undoes the step when the job fails for good after it: the last completed step first. */
  compensate?: CompensationFunction<S, D> | (StepTries & { run: CompensationFunction<S, D> });
}

/** Steps by name, in their order. */
export type DefinedSteps<S, D> = {
  [K in keyof S]: DefinedStepFunction<S, S[K], D> | DefinedStep<S, S[K], D>;
};

/** As `DefinedSteps`, of a queue with a codec. */
type DefinedStepsWithCodec<S, D> = [S] extends [never]
  ? never
  : {
      [K in keyof StepsIn<S>]: DefinedStepFunction<S, StepsIn<S>[K], D> | DefinedStep<S, StepsIn<S>[K], D>;
    };

/* oxlint-disable typescript/no-explicit-any -- data and results may be of any type */

/** What `defineSteps` takes besides. */
export interface DefineStepsOptions {
  /** What error messages call the steps. */
  label?: string;
}

/**
 * A processor that takes jobs through steps, each run to its end once: what a step returns is kept under its name, with
 * the cursor, in one call, and a job that comes back goes on behind it. Without another word, steps follow each other in
 * the order in which they are written; the result of the last one is the job's.
 *
 * Names are always checked. To have `ctx.result` typed as well, name the results of the steps:
 *
 * @example
 * const orders = defineSteps<{ reserve: Reservation; charge: Receipt }, Order>({
 *   reserve: (job) => stock.reserve(job.data),
 *   charge: { run: (job, ctx) => bank.charge(ctx.result('reserve')), attempts: 5, backoff: 1000, timeout: 10_000 },
 * });
 * const worker = new Worker('orders', orders, { connection });
 */
export function defineSteps<N extends string>(
  steps: Record<N, DefinedStepFunction<Record<N, any>, any, any> | DefinedStep<Record<N, any>, any, any>>,
  options?: DefineStepsOptions,
): Processor;
export function defineSteps<S extends object, D = any>(
  steps: DefinedSteps<S, D>,
  options?: DefineStepsOptions,
): Processor<D>;
export function defineSteps<S extends WithCodec<object> = never, D = any>(
  steps: DefinedStepsWithCodec<S, D>,
  options?: DefineStepsOptions,
): Processor<D>;
export function defineSteps(steps: object, options: DefineStepsOptions = {}): Processor {
  refuseUnknown('defineSteps option', options, ['label']);
  const label = options.label ?? 'steps';
  const definitions = Object.entries(steps).map(([name, step]) => definitionOf(label, name, step));
  return new StepRunner(new StepPlan(label, definitions)).processor;
}

function definitionOf(label: string, name: string, step: unknown): StepDefinition {
  const place = `${label}.${name}`;
  const { run, compensate, ...options } =
    typeof step === 'function' ? { run: step } : ({ ...(step as object) } as any);
  if (typeof run !== 'function') {
    throw new InvalidOptionError(place, step, 'Use a function, or an object with `run`.');
  }
  checkStepOptions(place, { ...options, name });
  const compensation = compensate === undefined ? {} : { compensate: compensationOf(place, compensate) };
  return { ...options, name, run, ...compensation };
}

function compensationOf(place: string, compensate: unknown): Compensation {
  const { run, ...tries } =
    typeof compensate === 'function' ? { run: compensate } : ({ ...(compensate as object) } as any);
  if (typeof run !== 'function') {
    throw new InvalidOptionError(
      `${place}.compensate`,
      compensate,
      'Use a function, or an object with `run`.',
    );
  }
  checkCompensationOptions(`${place}.compensate`, tries);
  return { ...tries, run };
}
