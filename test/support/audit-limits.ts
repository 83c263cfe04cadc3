import type { DumpedValue } from './dump-queue.js';
import type { AuditedJob } from './audit-job.js';

type Fields = Record<string, string>;
type Scores = [string, number][];

/** What is wrong with what a queue holds about limits. */
export function auditLimits(values: Map<string, DumpedValue>, jobs: Map<string, AuditedJob>): string[] {
  const wrong: string[] = [];
  const limits = new Map((values.get('limits') ?? []) as Scores);
  const limited = new Set(((values.get('limited') ?? []) as Scores).map(([id]) => id));
  const holders = Object.entries((values.get('holders') ?? {}) as Fields);
  const active = new Set(((values.get('active') ?? []) as Scores).map(([id]) => id));
  const parked = new Map<string, string>();

  for (const [id] of holders) {
    if (!active.has(id)) wrong.push(`job ${id} holds a place in a limit and is not active`);
  }
  for (const [key, value] of values) {
    if (key.startsWith('parked:')) {
      const name = key.slice('parked:'.length);
      for (const [id] of value as Scores) parked.set(id, name);
      if (!limits.has(name)) wrong.push(`jobs are parked at ${name}, which nobody looks at`);
    } else if (key.startsWith('limit:')) {
      const name = key.slice('limit:'.length);
      wrong.push(...auditLimit(name, value as Fields, limits.get(name), values.has(`parked:${name}`)));
      const held = holders.filter(([, names]) => names.split(',').includes(name)).length;
      // An awaited one is counted when somebody defines it.
      if ((value as Fields).awaited === undefined && Number((value as Fields).running) !== held) {
        wrong.push(`limit ${name} counts ${(value as Fields).running} running, ${held} hold a place`);
      }
    }
  }
  for (const [id, { fields }] of jobs) {
    if (fields?.limitedBy !== parked.get(id)) {
      wrong.push(`job ${id} says it is limited by ${fields?.limitedBy}, and is parked at ${parked.get(id)}`);
    }
    if (parked.has(id) !== limited.has(id)) wrong.push(`job ${id} is in one of parked and limited alone`);
  }
  const named = ((values.get('meta') ?? {}) as Fields).limits?.endsWith(',1') ?? false;
  if (named !== limits.size > 0) wrong.push(`meta says ${named ? 'there are' : 'there are no'} limits`);
  return wrong;
}

function auditLimit(name: string, fields: Fields, score: number | undefined, hasParked: boolean): string[] {
  if (score === undefined) return [`limit ${name} is not listed`];
  if (fields.running === undefined) return [`limit ${name} has no count`];
  const { concurrency, max, paused, awaited, running, lent } = fields;
  if (concurrency !== undefined && paused === undefined && Number(running) < 0) {
    return [`limit ${name} counts ${running} running`];
  }
  // One that queues share opens by a lease, and ends by the clock.
  const isOpen =
    lent === undefined &&
    paused === undefined &&
    awaited === undefined &&
    (concurrency === undefined || Number(running) < Number(concurrency));
  // What the window holds back is let go when that ends.
  if (hasParked && isOpen && score === Infinity) {
    return [`limit ${name} is open${max === undefined ? '' : ', or will be,'} and lets nobody go`];
  }
  return [];
}
