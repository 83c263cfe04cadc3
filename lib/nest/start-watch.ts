import { Logger } from '@nestjs/common';
import { LOG_CONTEXT } from './stepwell.constants.js';

interface Hooks {
  onApplicationBootstrap?: () => unknown;
}

/** Classes with `@Processor` by their queue, until an application of this process has them. */
const unseen = new Map<Function, string>();
/** Prototypes with methods that listen. */
const listening = new WeakSet<object>();
/** Providers that an application with `StepwellModule` has found. */
const found = new WeakSet<object>();
/** Providers of which it was said that they do nothing. */
const warned = new WeakSet<object>();

/** Remembers a class that wants jobs; should an application start it without `StepwellModule`, it says so. */
export function declareProcessor(type: Function, queue: string): void {
  unseen.set(type, queue);
  sayUnlessFound(type.prototype as object, () => {
    unseen.delete(type);
    return `${type.name} processes nothing: no module imports StepwellModule, which starts the worker of queue ${queue}.`;
  });
}

/** The same for a class that listens. */
export function declareListener(prototype: object, method: string): void {
  if (listening.has(prototype)) return;
  listening.add(prototype);
  sayUnlessFound(
    prototype,
    () => `${prototype.constructor.name}.${method}() hears nothing: no module imports StepwellModule.`,
  );
}

// The one sign of life that Nest gives to a provider of an application that knows nothing of us.
function sayUnlessFound(prototype: object, text: () => string): void {
  const own = (prototype as Hooks).onApplicationBootstrap;
  Object.defineProperty(prototype, 'onApplicationBootstrap', {
    configurable: true,
    writable: true,
    value(this: object): unknown {
      if (!found.has(this) && !warned.has(this)) {
        warned.add(this);
        new Logger(LOG_CONTEXT).warn(text());
      }
      return own?.call(this);
    },
  });
}

/** An application has this processor, or listener. */
export function foundProvider(instance: object): void {
  found.add(instance);
  for (
    let type: unknown = instance.constructor;
    typeof type === 'function';
    type = Object.getPrototypeOf(type)
  ) {
    unseen.delete(type);
  }
}

/** Classes with `@Processor` that no application of this process has, each warned of once. */
export function takeUnseenProcessors(): { className: string; queue: string }[] {
  const list = [...unseen].map(([type, queue]) => ({ className: type.name, queue }));
  unseen.clear();
  return list;
}

/** Calls back when the bootstrap hook of a provider has ended, which Nest calls once for each. */
export function afterBootstrap(instance: object, then: () => void): void {
  const hooks = instance as Hooks;
  const own = hooks.onApplicationBootstrap;
  Object.defineProperty(instance, 'onApplicationBootstrap', {
    configurable: true,
    writable: true,
    async value(): Promise<void> {
      await own?.call(instance);
      then();
    },
  });
}
