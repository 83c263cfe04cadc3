import { AsyncResource } from 'node:async_hooks';
import { isObservable, Observable } from 'rxjs';
import type { OnHandle } from '../interfaces/on-handle.interface.js';
import type { HandlerCall } from './handler-call.js';

type Handle = (call: HandlerCall) => unknown;

/** A handler inside of hooks, the first of which is the outermost. */
export function withHooks(hooks: readonly OnHandle[], handle: Handle): Handle {
  return hooks.reduceRight<Handle>(
    (inner, hook) => (call) => hook(call, async () => inContext(await inner(call))),
    handle,
  );
}

/** What is subscribed to later runs in the async context that the hook has set up. */
function inContext(result: unknown): unknown {
  if (!isObservable(result)) return result;
  const resource = new AsyncResource('StepwellHandler');
  return new Observable((subscriber) => resource.runInAsyncScope(() => result.subscribe(subscriber)));
}
