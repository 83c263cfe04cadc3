import { decodeEntry } from '../../lib/events/decode-entry.js';
import { decodeBody } from '../../lib/job/job-body.js';
import type { StoredKey } from './read-queue-keys.js';

type Fields = Record<string, string>;

const KEY = 'dedup:';
const NEXT = ['nextId', 'nextSpec', 'nextBody'];
const KNOWN = new Set(['owner', 'until', 'held', ...NEXT]);

/** What is wrong with the deduplications of a queue. `values` are those of its keys, by name. */
export function auditDedup(stored: readonly StoredKey[], values: Map<string, unknown>): string[] {
  const wrong: string[] = [];
  for (const { name, ttlMs } of stored) {
    if (name.startsWith(KEY)) {
      const id = name.slice(KEY.length);
      const faults = auditKey(id, values.get(name) as Fields, ttlMs >= 0, values);
      wrong.push(...faults.map((fault) => `deduplication ${id} ${fault}`));
    }
  }
  const retried = retriedJobs(stored);
  for (const [name, value] of values) {
    if (name.startsWith('job:') && !retried.has(name.slice('job:'.length))) {
      wrong.push(...auditProtection(name.slice('job:'.length), value as Fields, values));
    }
  }
  return wrong;
}

function auditKey(id: string, fields: Fields, expires: boolean, values: Map<string, unknown>): string[] {
  const { owner, until } = fields;
  const wrong = Object.keys(fields)
    .filter((field) => !KNOWN.has(field))
    .map((field) => `has an unknown field ${field}`);
  const next = NEXT.filter((field) => fields[field] !== undefined);
  if (owner === undefined) wrong.push('has no owner');
  if (next.length > 0 && next.length < NEXT.length) wrong.push(`keeps only ${next.join()} of a next job`);
  if (next.length > 0 && until !== undefined) wrong.push('keeps a next job and has a deadline');
  if (expires !== (until !== undefined)) wrong.push(expires ? 'expires before its owner' : 'never expires');
  if (owner !== undefined && until === undefined && !isOwnUnfinished(id, values.get(`job:${owner}`))) {
    wrong.push(`is held for ${owner}, which is no unfinished job of it`);
  }
  return wrong;
}

function isOwnUnfinished(id: string, job: unknown): boolean {
  const { dedup, state } = (job ?? {}) as Fields;
  return dedup === id && state !== 'completed' && state !== 'failed';
}

/** Jobs that had finished and were retried: they have given their id up, and do not take it again. */
function retriedJobs(stored: readonly StoredKey[]): Set<string> {
  const stream = stored.find(({ name }) => name === 'events')?.value ?? [];
  const retried = new Set<string>();
  for (const [entryId, fields] of stream as [string, string[]][]) {
    for (const event of decodeEntry(entryId, fields)) {
      if (event.event === 'added') retried.delete(event.jobId);
      if (event.event === 'waiting' && (event.prev === 'failed' || event.prev === 'completed')) {
        retried.add(event.jobId);
      }
    }
  }
  return retried;
}

// So at most one unfinished job of an id can be without fault. One whose deduplication was ended by hand is told too, and so is
// one that was retried where its event has been cut off: nothing stored tells them from one that was forgotten.
function auditProtection(id: string, job: Fields, values: Map<string, unknown>): string[] {
  const { dedup } = job;
  if (dedup === undefined || !isOwnUnfinished(dedup, job) || mayHaveRunOut(values.get(`body:${id}`))) {
    return [];
  }
  const key = values.get(KEY + dedup) as Fields | undefined;
  return key?.owner === id ? [] : [`job ${id} is unfinished and not the owner of its deduplication ${dedup}`];
}

function mayHaveRunOut(body: unknown): boolean {
  const rule = typeof body === 'string' ? decodeBody(body).opts.deduplication : undefined;
  return rule?.ttl !== undefined && !rule.keepLastIfActive;
}
