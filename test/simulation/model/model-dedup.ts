import { readRule, type DedupRule } from '../dedup-rule.js';
import type { DedupKey, ModelJob, NewModelJob } from './model-job.js';
import { placeJob } from './place-job.js';
import type { QueueModel } from './queue-model.js';

/** Returns the job that is kept instead of a new one; nothing where that may be added. */
export function deduplicate(model: QueueModel, job: NewModelJob, now: number): string | undefined {
  const rule = readRule(job.spec);
  if (!rule) return undefined;
  const key = keyInForce(model, rule.id, now);
  const owner = key && unfinishedOwner(model, rule.id, key);
  if (!key || (key.until === 0 && !owner)) {
    if (model.dedups.has(rule.id)) model.saw(key ? 'dead owner' : 'ttl over');
    model.dedups.set(rule.id, { owner: job.id, until: endOf(rule, now) });
    return undefined;
  }
  if (rule.replace && owner?.place === 'delayed' && owner.fields.token === undefined) {
    model.saw('owner replaced');
    model.remove(owner.id);
    const prolonged = rule.extend || key.until === 0 || endOf(rule, now) === 0;
    model.dedups.set(rule.id, { owner: job.id, until: prolonged ? endOf(rule, now) : key.until });
    return undefined;
  }
  if (rule.keepLast && owner) {
    model.saw('newest kept');
    model.dedups.set(rule.id, { owner: owner.id, until: 0, next: job });
  } else if (rule.extend && !rule.replace && rule.ttl > 0 && key.until > 0) {
    model.saw('ttl begun anew');
    key.until = now + rule.ttl;
  }
  model.saw(owner ? 'gave way' : 'gave way to a finished job');
  return key.owner;
}

/** A job has finished: without a ttl that lasts it protects its id no longer, and what was kept follows it. */
export function releaseDedup(model: QueueModel, job: ModelJob, now: number): void {
  const [id, key] = ownKey(model, job);
  if (key && key.until <= now) endKey(model, id, now);
}

/** A job is removed by hand: its id is free, ttl or not, and what was kept follows it. */
export function endDedup(model: QueueModel, job: ModelJob, now: number): void {
  const [id, key] = ownKey(model, job);
  if (key) endKey(model, id, now);
}

/** A job is swept out with all that waits: its id is free, and what was kept goes too. */
export function forgetDedup(model: QueueModel, job: ModelJob): void {
  const [id, key] = ownKey(model, job);
  if (key) model.dedups.delete(id);
}

/** The key of an id ends by hand; what was kept is added, and protects nothing. */
export function removeKey(model: QueueModel, id: string, owner: string, now: number): string {
  const key = keyInForce(model, id, now);
  if (!key || (owner !== '' && owner !== key.owner)) return 'missing';
  endKey(model, id, now);
  model.dedups.delete(id);
  return 'ok';
}

export function ownerOf(model: QueueModel, id: string, now: number): string {
  return keyInForce(model, id, now)?.owner ?? '';
}

function endKey(model: QueueModel, id: string, now: number): void {
  const { next } = model.dedups.get(id) as DedupKey;
  model.dedups.delete(id);
  if (!next) return;
  model.saw(model.jobs.has(next.id) ? 'kept job added under a number' : 'kept job added');
  const own = model.jobs.has(next.id) ? model.nextNumber() : next.id;
  placeJob(model, { ...next, id: own }, now);
  model.dedups.set(id, { owner: own, until: 0 });
}

function keyInForce(model: QueueModel, id: string, now: number): DedupKey | undefined {
  const key = model.dedups.get(id);
  return key && (key.until === 0 || key.until > now) ? key : undefined;
}

function unfinishedOwner(model: QueueModel, id: string, key: DedupKey): ModelJob | undefined {
  const job = model.jobs.get(key.owner);
  const finished = job?.place === 'completed' || job?.place === 'failed';
  return job?.fields.dedup === id && !finished ? job : undefined;
}

function ownKey(model: QueueModel, job: ModelJob): [id: string, key: DedupKey | undefined] {
  const id = job.fields.dedup ?? '';
  const key = model.dedups.get(id);
  return [id, key?.owner === job.id ? key : undefined];
}

function endOf({ ttl, keepLast }: DedupRule, now: number): number {
  return ttl > 0 && !keepLast ? now + ttl : 0;
}
