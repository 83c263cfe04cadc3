import { readRule } from '../dedup-rule.js';
import type { NewModelJob } from './model-job.js';
import type { QueueModel } from './queue-model.js';

/** A new job comes to where it asks to be. */
export function placeJob(model: QueueModel, { id, spec, body }: NewModelJob, now: number): void {
  const [delay = '', priority = '', front = '', timestamp = ''] = spec.split(',');
  const created = timestamp === '' ? now : Number(timestamp);
  const [name, options, data] = body.split('\n') as [string, string, string];
  const job = model.add({ id, head: `${created}\n${name}\n${options}\n`, data });
  const due = Number(delay) > 0 ? created + Number(delay) : 0;
  const dedup = readRule(spec)?.id;
  if (priority !== '') job.fields.priority = priority;
  if (dedup !== undefined) job.fields.dedup = dedup;
  if (due > now) model.delay(job, due);
  else model.enqueue(job, job.fields.priority, front === '1');
  if (priority !== '' || dedup !== undefined) job.fields.state = job.place;
}
