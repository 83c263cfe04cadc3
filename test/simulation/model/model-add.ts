import { deduplicate } from './model-dedup.js';
import { placeJob } from './place-job.js';
import type { QueueModel } from './queue-model.js';

/**
 * Adds a job, '' being the next number, unless there is one of that id or one that it is a duplicate of. Returns as the
 * scripts do.
 */
export function addJob(model: QueueModel, wanted: string, spec: string, body: string, now: number): string {
  if (model.jobs.has(wanted)) return `=${wanted}`;
  const job = { id: wanted === '' ? model.nextNumber() : wanted, spec, body };
  const kept = deduplicate(model, job, now);
  if (kept !== undefined) return `~${kept}`;
  placeJob(model, job, now);
  return `+${job.id}`;
}
