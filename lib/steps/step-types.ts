import type { Observable } from 'rxjs';
import type { Jsonified } from '../job/jsonified.js';
import type { Outcome } from './outcomes.js';

/* oxlint-disable typescript/no-explicit-any -- types of functions and values of any kind */

export type IsAny<T> = 0 extends 1 & T ? true : false;

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

/** The result of a step that returns a `T`. */
type ResultOf<T> =
  T extends PromiseLike<infer U>
    ? ResultOf<U>
    : T extends Observable<infer U>
      ? U
      : T extends Outcome<infer V>
        ? V
        : T;

export type ReturnedBy<T> =
  IsAny<T> extends true
    ? any
    : unknown extends T
      ? any
      : T extends (...args: any[]) => infer R
        ? ResultOf<R>
        : T;

/** What a codec keeps, which is everything but nothing. */
export type Kept<V> = V extends void | undefined ? null : V;

/**
 * The result of a step as JSON gives it back, by what stands for it: a method of a class with `@Step` methods, or the
 * result itself.
 */
export type StepResult<T> = Jsonified<ReturnedBy<T>>;

/** What a step with the result `V` may return. */
export type StepReturn<V> = V | Outcome<V> | Observable<V> | Promise<V | Outcome<V> | Observable<V>>;
