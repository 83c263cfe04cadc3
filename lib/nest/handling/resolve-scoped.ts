import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { HandlerTarget } from './enhanced-handler.js';
import type { Provider } from './handler-source.js';

/**
 * Makes an instance of a request-scoped or transient provider; `request` is what `@Inject(REQUEST)` gives there. Durable
 * providers are shared as the application's `ContextIdStrategy` says, and get its payload instead.
 */
export async function resolveScoped(provider: Provider, request: object): Promise<HandlerTarget> {
  // The provider's own module decides which one of that token is meant.
  const moduleRef = provider.host?.getProviderByKey<ModuleRef>(ModuleRef).instance as ModuleRef;
  const contextId = ContextIdFactory.getByRequest(request as Record<PropertyKey, unknown>);
  const isDurable = provider.isDependencyTreeDurable();
  moduleRef.registerRequestByContextId(isDurable ? contextId.payload : request, contextId);
  const instance = await moduleRef.resolve<object>(provider.token as string, contextId);
  return { instance, contextId };
}
