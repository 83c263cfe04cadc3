import { auditDedup } from '../support/audit-dedup.js';
import type { StoredKey } from '../support/read-queue-keys.js';
import { askedJobs, type AskedJob } from './call.js';
import { readEntries } from './commit-entries.js';
import { readRule } from './dedup-rule.js';
import type { Made } from './made.js';
import { LASTING_MS } from './simulated-scripts.js';
import type { Snapshot } from './snapshot.js';
import { Violation } from './violation.js';

const FINISHED = new Set<string | undefined>(['completed', 'failed']);

/** A test may be held up: a key that Redis itself expires may be this much younger than it was a moment ago. */
const HELD_UP_MS = 30_000;

/**
 * What deduplication promises, read off Redis alone: an id protects one unfinished job, nothing dead stops an add, a job
 * that was started is never replaced, and the newest of those kept runs next.
 */
export class DedupRules {
  /** Unfinished jobs that need not own their id, since that was ended by hand or they were retried. */
  private readonly excused = new Set<string>();
  /** Whether there ever was a deduplication. */
  private begun = false;
  /** Ids whose owner vanished by a hand in the database. */
  private readonly orphaned = new Map<string, string>();

  check(made: Made): void {
    this.begun ||= made.after.dedups.size > 0;
    if (!this.begun || made.expected.inert) return;
    this.excuse(made);
    for (const fault of auditDedup(storedKeys(made.after), valuesOf(made.after))) {
      if (!this.excuses(fault)) throw new Violation(fault);
    }
    const asked = askedJobs(made.call, made.reply);
    checkGivenWay(made, asked);
    checkKept(made, asked);
    checkNext(made, asked);
    checkTold(made, asked);
    checkExpiry(made);
  }

  /** The keys of a job were deleted by hand. */
  vanished(dedupId: string, owner: string): void {
    this.orphaned.set(dedupId, owner);
  }

  /** Whether a fault that an audit tells of is meant to be. */
  excuses(fault: string): boolean {
    const job = /^job (.+) is unfinished and not the owner of/.exec(fault)?.[1];
    if (job !== undefined) return this.excused.has(job);
    const [, id = '', owner] = /^deduplication (.+) is held for (.+), which is no/.exec(fault) ?? [];
    return owner !== undefined && this.orphaned.get(id) === owner;
  }

  private excuse({ call, reply, before, after }: Made): void {
    for (const [id, { fields }] of after.jobs) {
      if (FINISHED.has(fields.state)) this.excused.delete(id);
      else if (FINISHED.has(before.jobs.get(id)?.fields.state)) this.excused.add(id);
      else if (call.script === 'removeDedupKey' && reply === 'ok' && fields.dedup === call.args[3])
        this.excused.add(id);
    }
    for (const id of this.excused) if (!after.jobs.has(id)) this.excused.delete(id);
    for (const [id, owner] of this.orphaned) {
      if (after.dedups.get(id)?.fields.owner !== owner) this.orphaned.delete(id);
    }
  }
}

/** An add may give way to what is unfinished, or to what a ttl that has not passed protects. */
function checkGivenWay({ now, before, after }: Made, asked: readonly AskedJob[]): void {
  for (const { spec, word } of asked) {
    const rule = readRule(spec);
    if (!word.startsWith('~') || !rule) continue;
    const owner = word.slice(1);
    const holds = [before, after].some((snapshot) => {
      const key = snapshot.dedups.get(rule.id)?.fields;
      return isUnfinished(snapshot, owner, rule.id) || (key?.owner === owner && Number(key.until ?? 0) > now);
    });
    // A job of this very call may have been replaced by a later one of it.
    if (!holds && !asked.some((job) => job.word === `+${owner}`))
      throw new Violation(`an add of ${rule.id} gave way to ${owner}, which nothing protects`);
  }
}

/** No job is gone but one that was removed, or finished, or is replaced: delayed then, and never started. */
function checkKept(made: Made, asked: readonly AskedJob[]): void {
  const { call, before, after } = made;
  if (call.script !== 'addJobs' && call.script !== 'addPlain' && call.script !== 'commit') return;
  const ended = new Set(call.script === 'commit' ? readEntries(call.rest).map(([, id]) => id) : []);
  for (const [id, { fields }] of before.jobs) {
    if (after.jobs.has(id)) continue;
    const finished = call.script === 'commit' && (FINISHED.has(fields.state) || ended.has(id));
    if (finished && !before.places.delayed.has(id)) continue;
    const replaced = asked.some(({ spec }) => readRule(spec)?.replace && readRule(spec)?.id === fields.dedup);
    if (!replaced || fields.state !== 'delayed' || fields.token !== undefined) {
      throw new Violation(`job ${id}, ${fields.state ?? 'never started'}, is gone by ${call.script}`);
    }
  }
}

/** When the owner of an id is unfinished no longer, what was kept for after it is there. */
function checkNext({ call, reply, before, after }: Made, asked: readonly AskedJob[]): void {
  for (const [id, { fields }] of before.dedups) {
    const { owner = '', nextBody } = fields;
    const own = asked.filter(({ spec }) => readRule(spec)?.id === id);
    const kept = own.findLast(({ spec, word }) => word === `~${owner}` && readRule(spec)?.keepLast);
    const ended = call.script === 'removeDedupKey' && reply === 'ok' && call.args[3] === id;
    const now = after.dedups.get(id)?.fields;
    // Replaced twice by one call, an owner may have lent its id to a new one.
    const renewed = own.some(({ word }) => word === `+${owner}`);
    if (renewed || (!isUnfinished(before, owner, id) && !ended)) continue;
    if (isUnfinished(after, owner, id) && now?.owner === owner) {
      if (now.nextBody !== (kept?.body ?? nextBody))
        throw new Violation(`not the newest job is kept for after ${owner}, which owns ${id}`);
    } else if (nextBody !== undefined && own.length === 0 && call.script !== 'drainQueue') {
      const added = [...after.jobs].some(([job, { body }]) => !before.jobs.has(job) && isOf(body, nextBody));
      if (!added) throw new Violation(`the job kept for after ${owner}, which owned ${id}, was not added`);
    }
  }
}

/** Each job that gives way is told of once, and so is each that is replaced. */
function checkTold({ call, before, after }: Made, asked: readonly AskedJob[]): void {
  const events = before.event === after.event ? [] : readEvents(after.event);
  const count = (event: string): number => events.filter(([name]) => name === event).length;
  const dropped = asked.filter(({ word }) => word.startsWith('~')).length;
  const replaced = asked.length > 0 ? count('removed') : 0;
  if (count('deduplicated') !== dropped + replaced) {
    throw new Violation(
      `${call.script} told of ${count('deduplicated')} deduplicated jobs, not of ${dropped + replaced}`,
    );
  }
}

/** Redis sweeps a key up when its ttl has passed, and not before. */
function checkExpiry({ now, before, after }: Made): void {
  for (const [id, { fields, ttlMs }] of after.dedups) {
    if (fields.until === undefined || fields.until === before.dedups.get(id)?.fields.until) continue;
    const left = LASTING_MS + Number(fields.until) - now;
    if (ttlMs > left || ttlMs < left - HELD_UP_MS)
      throw new Violation(`deduplication ${id} expires in ${ttlMs} ms, its deadline is in ${left} ms`);
  }
}

function isUnfinished({ jobs }: Snapshot, id: string, dedupId: string): boolean {
  const { dedup, state } = jobs.get(id)?.fields ?? {};
  return dedup === dedupId && !FINISHED.has(state);
}

function isOf(body: string | undefined, given: string): boolean {
  return body !== undefined && body.slice(body.indexOf('\n') + 1) === given;
}

function storedKeys({ dedups }: Snapshot): StoredKey[] {
  return [...dedups].map(([id, { fields, ttlMs }]) => ({
    name: `dedup:${id}`,
    type: 'hash',
    ttlMs,
    value: fields,
  }));
}

function valuesOf({ dedups, jobs }: Snapshot): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [id, { fields }] of dedups) values.set(`dedup:${id}`, fields);
  for (const [id, { fields, body }] of jobs) {
    values.set(`job:${id}`, fields);
    values.set(`body:${id}`, body);
  }
  return values;
}

/** Name and line of each event of the newest entry. */
function readEvents(text: string): [name: string, line: string][] {
  const [[entry] = []] = JSON.parse(text) as [[id: string, runs: string[]][]];
  const runs = entry?.[1] ?? [];
  return runs.flatMap((name, i) =>
    i % 2 === 0 ? (runs[i + 1] as string).split('\n').map((line): [string, string] => [name, line]) : [],
  );
}
