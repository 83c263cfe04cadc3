import { mergeMap, of, EMPTY, type OperatorFunction } from 'rxjs';

/** Operator: what is made of each value, without those of which nothing is made. */
export function emitSome<T, U>(make: (value: T) => U | undefined): OperatorFunction<T, U> {
  return mergeMap((value) => {
    const made = make(value);
    return made === undefined ? EMPTY : of(made);
  });
}
