import { LISTED_STATES } from '../../lib/job/job-state.js';
import { checkSame } from './canonical.js';
import type { DedupKey } from './model/model-job.js';
import type { QueueModel } from './model/queue-model.js';
import type { Snapshot } from './snapshot.js';
import { Violation } from './violation.js';

/** Whether Redis holds what the model holds. When locks expire shows in what happens, and is left to that. */
export function checkModel(model: QueueModel, stored: Snapshot): void {
  checkSame('the pause', model.paused, stored.meta.paused !== undefined);
  for (const id of [...model.removed, ...stored.jobs.keys()]) {
    if (!model.jobs.has(id) && stored.jobs.has(id))
      throw new Violation(`job ${id} was removed, and is not gone`);
  }
  for (const [id, job] of model.jobs) {
    const held = stored.jobs.get(id);
    if (held?.body === undefined) throw new Violation(`job ${id} was added, and is gone`);
    checkSame(`the body of job ${id}`, model.body(job), held.body);
    checkSame(`the logs of job ${id}`, job.logs, held.logs);
    checkSame(`the fields of job ${id}`, job.fields, held.fields);
  }
  for (const state of LISTED_STATES) {
    const actual = [...stored.places[state].keys()];
    const expected = model.order[state];
    const ordered = state !== 'active' && state !== 'delayed';
    checkSame(
      `the ${state} jobs`,
      ordered ? expected : [...expected].sort(),
      ordered ? actual : [...actual].sort(),
    );
  }
  checkDelayed(model, stored);
  checkDedups(model, stored);
}

function checkDedups(model: QueueModel, { dedups }: Snapshot): void {
  for (const id of new Set([...model.dedups.keys(), ...dedups.keys()])) {
    const key = model.dedups.get(id);
    checkSame(`the deduplication ${id}`, key && asStored(key), dedups.get(id)?.fields);
  }
}

function asStored({ owner, until, next }: DedupKey): Record<string, string> {
  return {
    owner,
    ...(until > 0 && { until: String(until) }),
    ...(next && { nextId: next.id, nextSpec: next.spec, nextBody: next.body }),
  };
}

// Jobs due in one millisecond may change places when the counter behind their order begins anew, every 4096 jobs.
function checkDelayed(model: QueueModel, stored: Snapshot): void {
  for (const [id, score] of stored.places.delayed) {
    checkSame(`the due time of job ${id}`, model.job(id).due, Math.floor(score));
  }
  model.order.delayed = [...stored.places.delayed.keys()];
}
