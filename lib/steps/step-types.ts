import type { Observable } from 'rxjs';
import type { Job } from '../job/job.js';
import type { Jsonified } from '../job/jsonified.js';
import type { Outcome } from './outcomes.js';
import type { StepContext } from './step-context.js';

/* oxlint-disable typescript/no-explicit-any -- types of functions and values of any kind */

type IsAny<T> = 0 extends 1 & T ? true : false;

declare const CODEC: unique symbol;

/**
 * Says that the queue of these steps has a `codec` that keeps dates, maps and the like, so that results have the types
 * that the steps return. Without it results are typed as JSON gives them back: a `Date` is a `string`.
 *
 * @example
 * ship(job: Job<Order>, ctx: StepContext<WithCodec<OrderProcessor>>) {
 *   return ctx.result('charge').paidAt.getTime();
 * }
 */
export interface WithCodec<S> {
  readonly [CODEC]: S;
}

/** What `WithCodec` is around. */
export type StepsIn<S> = IsAny<S> extends true ? any : S extends WithCodec<infer T> ? T : S;

/** What a step comes to that returns a `T`. */
type ResultOf<T> =
  T extends PromiseLike<infer U>
    ? ResultOf<U>
    : T extends Observable<infer U>
      ? U
      : T extends Outcome<infer V>
        ? V
        : T;

type ReturnedBy<T> =
  IsAny<T> extends true
    ? any
    : unknown extends T
      ? any
      : T extends (...args: any[]) => infer R
        ? ResultOf<R>
        : T;

/** What a codec keeps, which is everything but nothing. */
type Kept<V> = V extends void | undefined ? null : V;

/**
 * The result of a step as JSON gives it back, by what stands for it: a method of a class with `@Step` methods, or the
 * result itself.
 */
export type StepResult<T> = Jsonified<ReturnedBy<T>>;

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

/** What a step that comes to `V` may return. */
export type StepReturn<V> = V | Outcome<V> | Observable<V> | Promise<V | Outcome<V> | Observable<V>>;

/** Results of all steps of `S` by name. */
export type ResultsOf<S> = { [K in StepName<S>]: ResultOfStep<S, K> };
