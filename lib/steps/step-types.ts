import type { Observable } from 'rxjs';
import type { Outcome } from './outcomes.js';

/* oxlint-disable typescript/no-explicit-any -- types of functions and values of any kind */

type IsAny<T> = 0 extends 1 & T ? true : false;

/** A value as it comes back from Redis. */
type Stored<V> = V extends void | undefined ? null : V;

/** What a step comes to that returns a `T`. */
type ResultOf<T> =
  T extends PromiseLike<infer U>
    ? ResultOf<U>
    : T extends Observable<infer U>
      ? Stored<U>
      : T extends Outcome<infer V>
        ? Stored<V>
        : Stored<T>;

/**
 * The result of a step, by what stands for it: a method of a class with `@Step` methods, or the result itself.
 */
export type StepResult<T> =
  IsAny<T> extends true
    ? any
    : unknown extends T
      ? any
      : T extends (...args: any[]) => infer R
        ? ResultOf<R>
        : Stored<T>;

/** Names of the steps of `S`: a class with `@Step` methods, or an object with the results of steps by name. */
export type StepName<S> = keyof S & string;

/** What a step that comes to `V` may return. */
export type StepReturn<V> = V | Outcome<V> | Observable<V> | Promise<V | Outcome<V> | Observable<V>>;
