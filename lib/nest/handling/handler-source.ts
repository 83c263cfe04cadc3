import type { DiscoveryService } from '@nestjs/core';
import { methodTakesSignal } from '../../worker/takes-signal.js';
import type { HandleInfo } from '../interfaces/on-handle.interface.js';

export type Provider = ReturnType<DiscoveryService['getProviders']>[number];

/** A decorated method of a provider, for the jobs of a queue. */
export interface HandlerSource {
  readonly kind: HandleInfo['kind'];
  readonly queue: string;
  readonly provider: Provider;
  readonly type: Function;
  readonly method: string;
  /** Name of the step that it runs or undoes. */
  readonly step?: string;
}

/** Whether there is no single instance of a provider. */
export function isScoped(provider: Provider): boolean {
  return provider.isTransient || !provider.isDependencyTreeStatic();
}

/** `PhotoProcessor.resize()`, for messages. */
export function labelOf({ type, method }: Pick<HandlerSource, 'type' | 'method'>): string {
  return `${type.name}.${method}()`;
}

/** Whether a method with `@Process` may look at its third argument. */
export function takesSignal({ type, method }: Pick<HandlerSource, 'type' | 'method'>): boolean {
  return methodTakesSignal((type.prototype as Record<string, () => unknown>)[method] as () => unknown);
}
