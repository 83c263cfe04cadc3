import { ContextIdFactory, ModuleRef, type DiscoveryService } from '@nestjs/core';

type Provider = ReturnType<DiscoveryService['getProviders']>[number];
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
    // The provider's own module decides which one of that token is meant.
    const moduleRef = provider.host?.getProviderByKey<ModuleRef>(ModuleRef).instance as ModuleRef;
    const request: ListenerRequest = { ...heard, args };
    const contextId = ContextIdFactory.getByRequest(request);
    moduleRef.registerRequestByContextId(request, contextId);
    const instance = await moduleRef.resolve<Methods>(provider.token as string, contextId);
    return instance[method]?.(...args);
  };
}
