import { LISTED_STATES, type ListedState } from '../../lib/job/job-state.js';
import { auditJob, type AuditedJob } from '../support/audit-job.js';
import type { Call, CommitReply } from './call.js';
import { DedupRules } from './check-dedup-rules.js';
import type { Made } from './made.js';
import { CAPS } from './simulated-scripts.js';
import type { Snapshot } from './snapshot.js';
import { Violation } from './violation.js';

const ENDINGS = new Set(['complete', 'fail', 'retry', 'postpone']);
const RUNNABLE = ['waiting', 'prioritized'] as const;

/**
 * What must hold of every call, read off what Redis held before and after it and nothing else: the model has no part
 * in it, so that both would have to be wrong for a fault to go unseen.
 */
export class Rules {
  readonly dedup = new DedupRules();
  private readonly granted = new Set<string>();
  private readonly window = { count: 0, until: 0 };

  check(made: Made): void {
    checkJobs(made);
    checkInert(made);
    this.checkStarts(made);
    checkLiveLocks(made);
    checkDelays(made);
    checkWake(made);
    this.dedup.check(made);
  }

  private checkStarts({ call, reply, now, before, after }: Made): void {
    const started = [...after.places.active.keys()].filter(
      (id) => tokenOf(after, id) !== tokenOf(before, id),
    );
    if (call.script === 'closeRateLimit' && call.args[1] === 0) this.window.until = 0;
    if (started.length === 0) return;
    if (call.script !== 'commit' && call.script !== 'recoverStalled') {
      throw new Violation(`${call.script} started ${String(started)}`);
    }
    for (const id of started) {
      const token = tokenOf(after, id) as string;
      // A call may end a job and add another of the same id, which counts from the beginning.
      const added = call.rest.some((part, i) => part === 'add' && call.rest[i + 1] === id);
      if (!added && numberOf(token) <= numberOf(tokenOf(before, id)))
        throw new Violation(`token ${token} of job ${id} does not rise`);
      if (this.granted.has(`${id} ${token}`))
        throw new Violation(`token ${token} of job ${id} was granted before`);
      this.granted.add(`${id} ${token}`);
    }
    if (call.script === 'commit') this.checkFetch(call, reply as CommitReply, started.length, now, before);
  }

  private checkFetch(
    { args }: Call,
    { jobs }: CommitReply,
    started: number,
    now: number,
    before: Snapshot,
  ): void {
    const [want, max, duration] = [args[4], args[8], args[9]] as [number, number, number];
    if (jobs.length !== started)
      throw new Violation(`${started} jobs were started, ${jobs.length} handed over`);
    if (started > want) throw new Violation(`${started} jobs were started for ${want} free slots`);
    if (started > CAPS.FETCH_CAP) throw new Violation(`${started} jobs were started, above the cap`);
    if (before.meta.paused !== undefined)
      throw new Violation(`${started} jobs were started while the queue is paused`);
    if (Number.parseInt(before.meta.closedUntil ?? '0') > now)
      throw new Violation(`${started} jobs were started in a closed window`);
    if (max === 0) return;
    if (now >= this.window.until) Object.assign(this.window, { count: 0, until: now + duration });
    this.window.count += started;
    if (this.window.count > max)
      throw new Violation(`${this.window.count} jobs were started in a window of ${max}`);
  }
}

function checkJobs({ after, now }: Made): void {
  const ids = new Set([
    ...after.jobs.keys(),
    ...LISTED_STATES.flatMap((state) => [...after.places[state].keys()]),
  ]);
  for (const id of ids) {
    const { body, fields = {}, logs = [] } = after.jobs.get(id) ?? {};
    const places = LISTED_STATES.flatMap((state): AuditedJob['places'] => {
      const score = after.places[state].get(id);
      return score === undefined ? [] : [{ state, score }];
    });
    const stored = Object.keys(fields).length > 0 ? { fields } : {};
    const job = { id, hasLogs: logs.length > 0, places, ...stored, ...(body === undefined ? {} : { body }) };
    const [fault] = auditJob(job, now);
    if (fault !== undefined) throw new Violation(`job ${id} ${fault}`);
  }
}

/** A call that was made before, and a write under an old token, leave no trace. */
function checkInert({ call, expected, reply, now, before, after }: Made): void {
  if (
    expected.inert &&
    (before.text !== after.text || before.event !== after.event || before.calls !== after.calls)
  ) {
    throw new Violation(`a call that was ${expected.inert} changed the queue`);
  }
  if (call.script !== 'commit' || expected.inert) return;
  const { words, jobs } = reply as CommitReply;
  const idle =
    words.length > 0 &&
    words.every((word) => word === 'stale' || word === 'missing' || word === 'not-active');
  const due = [...before.places.delayed.values()].some((score) => Math.floor(score) <= now);
  const relayed = call.args[3] === 1;
  if (
    idle &&
    jobs.length === 0 &&
    !due &&
    !relayed &&
    (before.text !== after.text || before.event !== after.event)
  ) {
    throw new Violation('writes were refused, and changed the queue');
  }
}

/** Only the holder of a lock that has not expired may end it. */
function checkLiveLocks({ call, now, before, after }: Made): void {
  for (const [id, until] of before.places.active) {
    const token = tokenOf(before, id);
    if (until <= now || (after.places.active.has(id) && tokenOf(after, id) === token)) continue;
    const { rest } = call;
    const ended = rest.some((part, i) => ENDINGS.has(part) && rest[i + 1] === id && rest[i + 2] === token);
    if (call.script !== 'commit' || !ended) {
      throw new Violation(`job ${id} left the holder of a live lock, ${token}, by ${call.script}`);
    }
  }
}

function checkDelays({ call, now, before, after }: Made): void {
  if (call.script !== 'commit') return;
  let promoted = 0;
  for (const [id, score] of before.places.delayed) {
    if (after.places.delayed.has(id) || isReplaced(before, after, id)) continue;
    promoted += 1;
    if (Math.floor(score) > now)
      throw new Violation(`job ${id} left its delay ${Math.floor(score) - now} ms early`);
  }
  if (promoted > CAPS.PROMOTE_CAP) throw new Violation(`${promoted} jobs were promoted, above the cap`);
}

/** Whether a deduplicated job gave way to another, and maybe its own id to a third. */
function isReplaced(before: Snapshot, after: Snapshot, id: string): boolean {
  return (
    before.jobs.get(id)?.fields.dedup !== undefined && before.jobs.get(id)?.body !== after.jobs.get(id)?.body
  );
}

/** What makes a job runnable, or due sooner, wakes a worker. One that commits learns of due times by its answer. */
function checkWake({ call, before, after }: Made): void {
  // A process with an idle worker wakes that one itself, and says so.
  const told = (call.script === 'addJobs' || call.script === 'addPlain') && call.args[3] === 0;
  if (after.wake || told || after.meta.paused !== undefined) return;
  const waited = runnable(before);
  const fresh = [...runnable(after)].filter((id) => !waited.has(id));
  if (fresh.length > 0) throw new Violation(`${String(fresh)} became runnable, and nobody was woken`);
  const [dueBefore = Infinity] = before.places.delayed.values();
  const [dueAfter = Infinity] = after.places.delayed.values();
  if (call.script !== 'commit' && Math.floor(dueAfter) < Math.floor(dueBefore)) {
    throw new Violation('a job is due sooner than all others, and nobody was woken');
  }
  if (before.meta.paused !== undefined && runnable(after).size > 0)
    throw new Violation('resumed, and nobody was woken');
}

function runnable({ places }: Snapshot): Set<string> {
  return new Set(RUNNABLE.flatMap((state: ListedState) => [...places[state].keys()]));
}

function tokenOf({ jobs }: Snapshot, id: string): string | undefined {
  return jobs.get(id)?.fields.token;
}

function numberOf(token: string | undefined): number {
  return Number(/\d+$/.exec(token ?? '0')?.[0]);
}
