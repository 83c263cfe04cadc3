/* oxlint-disable typescript/no-explicit-any -- types of functions and values of any kind */

type IsAny<T> = 0 extends 1 & T ? true : false;

/** What JSON leaves out of objects. */
type Nothing = undefined | void | symbol | ((...args: any[]) => any);

/** Built-in objects of which JSON keeps nothing. */
type Emptied = ReadonlyMap<any, any> | ReadonlySet<any> | WeakMap<any, any> | WeakSet<any> | RegExp | Error;

/**
 * A value as it comes back from JSON: a `Date` is a `string`, `undefined` is `null`, methods are gone.
 */
export type Jsonified<V> =
  IsAny<V> extends true
    ? any
    : unknown extends V
      ? unknown
      : V extends string | number | boolean | null
        ? V
        : V extends undefined | void
          ? null
          : V extends { toJSON(...args: any[]): infer J }
            ? Jsonified<J>
            : V extends Nothing | Emptied | bigint
              ? never
              : V extends readonly unknown[]
                ? { [K in keyof V]: Jsonified<InList<V[K]>> }
                : V extends object
                  ? Flat<Present<V> & Perhaps<V>>
                  : never;

type InList<V> = V extends Nothing ? null : Inside<V>;
type Inside<V> = V extends Emptied ? {} : V;

/** Members that are there whatever their value. */
type Present<V> = {
  [K in keyof V as K extends string | number ? (IsPerhaps<V[K]> extends true ? never : K) : never]: Jsonified<
    Inside<V[K]>
  >;
};

/** Members that are gone with some value. */
type Perhaps<V> = {
  [
    K in keyof V as K extends string | number
      ? IsPerhaps<V[K]> extends true
        ? V[K] extends Nothing
          ? never
          : K
        : never
      : never
  ]?: Jsonified<Inside<Exclude<V[K], Nothing>>>;
};

type IsPerhaps<T> =
  IsAny<T> extends true
    ? false
    : unknown extends T
      ? false
      : true extends (T extends Nothing ? true : false)
        ? true
        : false;

type Flat<T> = { [K in keyof T]: T[K] };
