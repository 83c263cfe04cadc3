import { isObservable } from 'rxjs';
import { methodOf } from './enhancer-metadata.js';
import type { HandlerCall } from './handler-call.js';
import type { HandlerSource } from './handler-source.js';

type Methods = Record<string, (...args: unknown[]) => unknown>;
export type Callback = (...args: unknown[]) => unknown;

/** Stands for a method: calls whatever is under its name on the instance, and says when that is an Observable. */
export function boundCallback(source: HandlerSource): Callback {
  const { method } = source;
  return withMetadataOf(source, function (this: Methods, ...args: unknown[]): unknown {
    const call = args.pop() as HandlerCall;
    const returned = this[method]?.(...args);
    if (!call.streams) return returned;
    if (returned instanceof Promise) {
      return returned.then((value: unknown) => tellOfStream(value, call));
    }
    return tellOfStream(returned, call);
  });
}

/** Throws what a filter is to be asked about. */
export function throwingCallback(source: HandlerSource): Callback {
  return withMetadataOf(source, (...args: unknown[]) => {
    throw (args.at(-1) as HandlerCall).error;
  });
}

function tellOfStream(value: unknown, call: HandlerCall): unknown {
  if (isObservable(value)) call.streams?.();
  return value;
}

/** What `Reflector` finds on the method it finds on the callback. */
function withMetadataOf(source: HandlerSource, callback: Callback): Callback {
  const method = methodOf(source);
  for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), callback);
  }
  return Object.defineProperty(callback, 'name', { value: source.method });
}
