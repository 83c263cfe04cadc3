import type { BulkJobOptions } from '../../lib/engine.js';
import type { FleetData } from './fleet-worker.js';

/** Jobs with delays, priorities, retries and failures, the same for the same seed. */
export function mixedJobs(
  count: number,
  seed: number,
  ms = 0,
): { name: string; data: FleetData; opts: BulkJobOptions }[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, n) => {
    const opts: BulkJobOptions = {};
    const data: FleetData = ms > 0 ? { ms: Math.floor(random() * ms) } : {};
    if (random() < 0.3) opts.delay = 1 + Math.floor(random() * 500);
    if (random() < 0.3) opts.priority = 1 + Math.floor(random() * 5);
    if (random() < 0.1) opts.lifo = true;
    if (random() < 0.2) opts.jobId = `job-${seed}-${n}`;
    if (random() < 0.3) {
      data.failures = 1 + Math.floor(random() * 2);
      opts.attempts = 3;
      if (random() < 0.5) opts.backoff = { type: 'exponential', delay: 20 };
    }
    return { name: `n${n}`, data, opts };
  });
}

/** Numbers from 0 to 1 that look like chance and depend on the seed alone (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
