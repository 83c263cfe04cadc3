import type { QueueModel } from './queue-model.js';

/** Adds a job, '' being the next number, unless there is one of that id. Answers as the scripts do. */
export function addJob(model: QueueModel, wanted: string, spec: string, body: string, now: number): string {
  if (model.jobs.has(wanted)) return `=${wanted}`;
  const id = wanted === '' ? String((model.numbers += 1)) : wanted;
  const [delay = '', priority = '', front = '', timestamp = ''] = spec.split(',');
  const created = timestamp === '' ? now : Number(timestamp);
  const [name, options, data] = body.split('\n') as [string, string, string];
  const job = model.add({ id, head: `${created}\n${name}\n${options}\n`, data });
  const due = Number(delay) > 0 ? created + Number(delay) : 0;
  if (priority !== '') job.fields.priority = priority;
  if (due > now) model.delay(job, due);
  else model.enqueue(job, job.fields.priority, front === '1');
  if (priority !== '') job.fields.state = job.place;
  return `+${id}`;
}
