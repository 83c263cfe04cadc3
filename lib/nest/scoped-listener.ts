import type { Provider } from './handling/handler-source.js';
import { resolveScoped } from './handling/resolve-scoped.js';

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** What `@Inject(REQUEST)` gives in a provider that was made to hear of one event. */
export interface ListenerRequest {
  readonly queue: string;
  readonly event: string;
  /** What the listening method is called with. */
  readonly args: readonly unknown[];
}

/** Calls a method of a provider that is not a single instance: each event has one of its own, made for it. */
export function scopedListener(
  provider: Provider,
  method: string,
  heard: Omit<ListenerRequest, 'args'>,
): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    const request: ListenerRequest = { ...heard, args };
    const { instance } = await resolveScoped(provider, request);
    return (instance as Methods)[method]?.(...args);
  };
}
