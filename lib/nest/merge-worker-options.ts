import { isDeepStrictEqual } from 'node:util';
import type { WorkerOptions } from '../worker/worker-options.js';
import type { DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';
import { ConflictingWorkerOptionsError } from './nest-errors.js';

/** The options of the one worker behind all processors of a queue. Each may set some; none may contradict another. */
export function mergeWorkerOptions(processors: readonly DiscoveredProcessor[]): WorkerOptions {
  const merged = new Map<string, { value: unknown; className: string }>();
  for (const { queue, workerName, options, className } of processors) {
    for (const [option, value] of Object.entries({ name: workerName, ...options })) {
      if (value === undefined) continue;
      const present = merged.get(option);
      if (present && !isDeepStrictEqual(present.value, value)) {
        throw new ConflictingWorkerOptionsError(queue, option, present.className, className);
      }
      merged.set(option, { value, className });
    }
  }
  return Object.fromEntries([...merged].map(([option, { value }]) => [option, value]));
}
