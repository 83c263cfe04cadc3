import type { Job } from '../job/job.js';
import type { StepChild } from './step-children.js';
import type { Next } from './outcomes.js';
import type { IsAny, Kept, ReturnedBy, StepResult, StepsIn, WithCodec } from './step-types.js';

/* oxlint-disable typescript/no-explicit-any -- without a type for the steps, anything may be asked */

type Method = (...args: any[]) => any;
/** What can be called as a step is; a method with other parameters is none. */
type StepMethod = (job: Job<any, any, any>, context: any) => any;
/** Whether the members of `S` are methods, and not results. */
type IsClass<S> = true extends {
  [K in keyof S]: IsAny<S[K]> extends true ? false : S[K] extends Method ? true : false;
}[keyof S]
  ? true
  : false;

/** Name that a method's context gives its step, else that of the method. */
type NameOf<K, M> = M extends (job: any, context: StepContext<any, infer N>, ...rest: any[]) => any
  ? string extends N
    ? K
    : N
  : K;

/** Members of `S` by the names of their steps. */
type MembersByStep<S> =
  IsClass<S> extends true
    ? { [K in keyof S & string as S[K] extends StepMethod ? NameOf<K, S[K]> & string : never]: K }
    : { [K in keyof S & string]: K };

/**
 * Names of the steps of `S`: a class with `@Step` methods, or an object with the results of steps by name. Of a class these
 * are its public methods that take a job, each under the name that its context has, `StepContext<OrderProcessor, 'capture'>`,
 * else under its own. `private` methods are none.
 */
export type StepName<S> = IsAny<S> extends true ? string : keyof MembersByStep<StepsIn<S>> & string;

/** The result of a step of `S` by its name. */
export type ResultOfStep<S, N> =
  IsAny<S> extends true
    ? any
    : S extends WithCodec<infer T>
      ? Kept<ReturnedBy<MemberOf<T, N>>>
      : StepResult<MemberOf<S, N>>;

type MemberOf<S, N> = N extends keyof MembersByStep<S>
  ? MembersByStep<S>[N] extends infer K extends keyof S
    ? S[K]
    : never
  : never;

/** Results of all steps of `S` by name. */
export type ResultsOf<S> = { [K in StepName<S>]: ResultOfStep<S, K> };

/**
 * What a step is given besides its job. `S` is the class with the `@Step` methods, or an object with the results of the
 * steps by name; without it, names and results are not checked.
 *
 * @example
 * @Step()
 * charge(job: Job<Order>, ctx: StepContext<OrderProcessor>) {
 *   return this.bank.charge(ctx.result('reserve')); // typed by what `reserve` returns
 * }
 */
export interface StepContext<S = any, N extends string = string> {
  /** Name of the step. */
  readonly step: N;
  /** Counts the tries of this step, from 1. */
  readonly attempt: number;
  /** Lock under which it runs, for `job.moveToDelayed` and the like. */
  readonly token: string;
  /** Aborted when the step takes too long, the lock is lost, the job is cancelled, or the worker closes and its time is up. */
  readonly signal: AbortSignal;
  /** The last value that an earlier, interrupted run of this step emitted or saved. */
  readonly last: unknown;
  /** Message of the failure for which completed steps are being undone; undefined otherwise. */
  readonly failedReason: string | undefined;
  /** Results of the completed steps, each as it comes back from Redis. */
  readonly results: { readonly [K in StepName<S>]?: ResultsOf<S>[K] };
  /** Result of a completed step, as it comes back from Redis. Throws `MissingStepResultError` when it has not completed. */
  result<K extends StepName<S>>(step: K): NoInfer<ResultsOf<S>[K]>;
  /** As the outcome `next`; takes only names of steps where these are known. */
  next<K extends StepName<S>>(step: K): Next<null>;
  next<K extends StepName<S>, V>(step: K, value: V): Next<V>;
  /** Saves a value for a later run of this step, should this one be interrupted, and notifies listeners. Same as emitting it. */
  save(value: unknown): Promise<void>;
  /**
   * Adds children to the job; `waitForChildren` waits for them. What this run adds again, because an earlier one was
   * interrupted, is there once: a child without a `jobId` gets one that follows from the step and its place among the
   * children that the step adds.
   */
  addChildren(children: readonly StepChild[]): Promise<Job[]>;
  /** As `addChildren`, for one child with children of its own. */
  addFlow(tree: StepChild): Promise<Job>;
  /** Same as `job.updateProgress`. */
  progress(value: any): Promise<void>;
  /** Same as `job.log`. */
  log(line: string): Promise<number>;
}
