import type { JobsOptions } from '../../lib/engine.js';

/** The rule of an id, and what else its jobs ask for. Their name is that of the deduplication. */
export function dedupOptions(n: number): JobsOptions {
  const modes = [
    {},
    { keepLastIfActive: true },
    { replace: true },
    { replace: true, keepLastIfActive: true },
  ];
  const mode = n % modes.length;
  return {
    deduplication: { id: `house-${n}`, ...modes[mode] },
    attempts: 3,
    backoff: 10,
    removeOnComplete: true,
    ...(mode > 1 && { delay: 5 }),
    ...(n % 7 === 0 && { priority: 1 + (n % 3) }),
  };
}
