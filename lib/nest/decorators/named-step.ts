import type { StepContext } from '../../steps/step-context.js';

/* oxlint-disable typescript/no-explicit-any -- methods of any kind */

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Name that the type of a method's context says, `string` where it says none. */
type SaidName<M> = M extends (job: any, context: StepContext<any, infer N>, ...rest: any[]) => any
  ? N
  : string;

/** Whether some method of a class asks for results by name. */
type HasTypedContext<C> = true extends {
  [K in keyof C]: C[K] extends (job: any, context: StepContext<infer S, any>, ...rest: any[]) => any
    ? unknown extends S
      ? false
      : IsAny<S> extends true
        ? false
        : true
    : false;
}[keyof C]
  ? true
  : false;

/** Nothing more is asked of a method whose step is called as the types of its class say. */
type Agrees<C, K, M, N> = K extends N
  ? unknown
  : SaidName<M> extends N
    ? unknown
    : HasTypedContext<C> extends true
      ? { 'Say the name of the step in the type of its context': StepContext<any, N & string> }
      : unknown;

/** Decorates a method whose step has a name that is known to the compiler. */
export type NamedStep<N extends string> = string extends N
  ? MethodDecorator
  : <C extends object, K extends string | symbol, M>(
      target: C,
      method: K,
      descriptor: TypedPropertyDescriptor<M> & Agrees<C, K, M, N>,
    ) => void;
