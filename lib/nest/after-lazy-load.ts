import type { LazyModuleLoader } from '@nestjs/core';

/**
 * Calls `found` after each module that is loaded lazily, before whoever loads it goes on: Nest calls no hook of such modules.
 * What `found` throws, the load rejects with.
 */
export function afterLazyLoad(loader: LazyModuleLoader, found: () => void): void {
  const load = loader.load.bind(loader);
  loader.load = async (...args) => {
    const ref = await load(...args);
    found();
    return ref;
  };
}
