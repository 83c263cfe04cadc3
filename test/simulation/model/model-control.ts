import type { ListedState } from '../../../lib/job/job-state.js';
import type { RecoverReply, Reply } from '../call.js';
import { CAPS, type ScriptName } from '../simulated-scripts.js';
import { addJob } from './model-add.js';
import { endDedup, forgetDedup, ownerOf, removeKey } from './model-dedup.js';
import type { ModelJob } from './model-job.js';
import type { QueueModel } from './queue-model.js';

type Args = readonly (string | number)[];
type Behavior = (model: QueueModel, args: Args, rest: readonly string[]) => Reply;

/** What the scripts other than commit should do, and answer. Nothing is answered where a call should be refused. */
export const BEHAVIORS: Partial<Record<ScriptName, Behavior>> = {
  addJobs(model, [now], rest) {
    if (rest.length > 3 * CAPS.ADD_CAP) return undefined;
    const lines = [String(now)];
    for (let at = 0; at < rest.length; at += 3) {
      const [id, spec, body] = rest.slice(at, at + 3) as [string, string, string];
      lines.push(addJob(model, id, spec, body, now as number));
    }
    return lines.join('\n');
  },

  addPlain(model, [now], bodies) {
    if (bodies.length === 0 || bodies.length > CAPS.ADD_CAP) return undefined;
    const words = bodies.map((body) => addJob(model, '', '', body, now as number));
    return `${String(now)}\n${words[0]!.slice(1)}`;
  },

  changeDelay(model, [now, , , id, delay]) {
    return inState(model, id, 'delayed', (job) => {
      model.takeOut(job);
      model.delay(job, (now as number) + (delay as number));
      Object.assign(job.fields, { state: 'delayed', delay: String(delay) });
    });
  },

  changePriority(model, [, , , id, priority, front]) {
    const job = model.jobs.get(id as string);
    if (!job) return 'missing';
    const waits = job.place === 'waiting' || job.place === 'prioritized';
    if (waits) model.takeOut(job);
    job.fields.priority = String(priority);
    job.fields.state = waits ? model.enqueue(job, job.fields.priority, front === 1) : job.place;
    return 'ok';
  },

  cleanJobs(model, [now, , , state, grace, limit, start]) {
    const place = state as ListedState;
    const all = place === 'active' ? model.expired(now as number).map(({ id }) => id) : model.order[place];
    const slice = all.slice(start as number, (start as number) + CAPS.CLEAN_CAP);
    const removed: string[] = [];
    let seen = 0;
    while (seen < slice.length && removed.length < ((limit as number) || CAPS.CLEAN_CAP)) {
      const id = slice[seen] as string;
      if (dateOf(model.job(id), place) <= (now as number) - (grace as number)) removed.push(id);
      seen += 1;
    }
    endAll(model, removed, now as number);
    const ended = seen === slice.length && slice.length < CAPS.CLEAN_CAP;
    return [ended ? -1 : (start as number) + seen - removed.length, ...removed].join('\n');
  },

  closeRateLimit(model, [now, duration]) {
    if ((duration as number) > 0) {
      model.closedUntil = (now as number) + (duration as number);
      return 'ok';
    }
    const lifted = model.closedUntil > 0 || model.window.until > 0;
    model.closedUntil = 0;
    Object.assign(model.window, { count: 0, until: 0 });
    return lifted ? 'ok' : 'unchanged';
  },

  drainQueue(model, [, delayed]) {
    const ids = [
      ...model.order.waiting,
      ...model.order.prioritized,
      ...(delayed === 1 ? model.order.delayed : []),
    ].slice(0, CAPS.DRAIN_CAP);
    for (const id of ids) {
      forgetDedup(model, model.job(id));
      model.remove(id);
    }
    return ids.length;
  },

  getDedupOwner: (model, [now, id]) => ownerOf(model, id as string, now as number),

  pauseQueue(model, [paused]) {
    const changes = model.paused !== (paused === 1);
    model.paused = paused === 1;
    return changes ? 'ok' : 'unchanged';
  },

  promoteJob(model, [, , , id]) {
    return inState(model, id, 'delayed', (job) => promote(model, job, job.fields.priority));
  },

  promoteJobs(model, _args, rest) {
    if (rest.length > CAPS.PROMOTE_CAP) return undefined;
    const jobs = rest.flatMap((id) => model.jobs.get(id) ?? []).filter(({ place }) => place === 'delayed');
    jobs.forEach((job) => promote(model, job, job.fields.priority));
    return jobs.length;
  },

  recoverStalled(model, [now, worker, lock, maxStalls, , silence, grace]) {
    const { upTo, graceMs } = hear(model, now as number, silence as number, grace as number);
    const reply: RecoverReply = { ids: [], graceMs, jobs: [] };
    // Each goes to the front: the one that waits longest last.
    for (const job of model.expired(upTo).slice(0, CAPS.RECOVER_CAP).toReversed()) {
      const stalls = Number(job.fields.stalls ?? 0) + 1;
      job.fields.stalls = String(stalls);
      if (stalls > (maxStalls as number)) {
        const grant = { worker: worker as string, name: '', lock: lock as number, max: 0, duration: 0 };
        reply.jobs.push(model.grant(job, grant, now as number));
      } else {
        model.takeOut(job);
        job.fields.state = model.enqueue(job, job.fields.priority, true);
        reply.ids.push(job.id);
      }
    }
    return reply;
  },

  removeDedupKey: (model, [now, , , id, owner]) =>
    removeKey(model, id as string, owner as string, now as number),

  removeJob(model, [now, , , id]) {
    const job = model.jobs.get(id as string);
    if (job?.place === 'active' && job.lockUntil > (now as number)) return 'locked';
    if (!job) return 'missing';
    endAll(model, [job.id], now as number);
    return 'ok';
  },

  renewLocks(model, [now, lock, silence, grace], rest) {
    if (rest.length > 2 * CAPS.RENEW_CAP) return undefined;
    if (silence !== 0) hear(model, now as number, silence as number, grace as number);
    const lost: string[] = [];
    for (let at = 0; at < rest.length; at += 2) {
      const job = model.jobs.get(rest[at] as string);
      if (job?.place === 'active' && job.fields.token === rest[at + 1]) {
        job.lockUntil = (now as number) + (lock as number);
      } else {
        lost.push(rest[at] as string);
      }
    }
    return [lost, []];
  },

  retryJob(model, [, , , id, expected, front, resetMade, resetStarted]) {
    return inState(model, id, expected as ListedState, (job) => {
      const made = resetMade === 1 ? (['attemptsMade'] as const) : [];
      const started = resetStarted === 1 ? (['attemptsStarted'] as const) : [];
      model.restart(job, front === 1, ...made, ...started);
    });
  },

  retryJobs(model, [now, state, count, before]) {
    const latest = (before as number) || (now as number);
    const first = model.order[state as ListedState].slice(0, Math.min(count as number, CAPS.RETRY_CAP));
    const late = first.findIndex((id) => Number(model.job(id).fields.finishedOn) > latest);
    const ids = late === -1 ? first : first.slice(0, late);
    ids.forEach((id) => model.restart(model.job(id), false));
    return [ids.length, latest];
  },
};

/** Who looks after locks is heard. After a silence, what expired in it is left alone for a while. */
function hear(
  model: QueueModel,
  now: number,
  silence: number,
  grace: number,
): { upTo: number; graceMs: number } {
  const { heard } = model;
  if (heard !== undefined || model.order.active.length > 0) model.heard = now;
  if (heard !== undefined && now - heard > silence) model.grace = { from: heard, until: now + grace };
  return now < model.grace.until
    ? { upTo: model.grace.from, graceMs: model.grace.until - now }
    : { upTo: now, graceMs: 0 };
}

/** Jobs go by hand. They have their ids until what was kept for after them has been added. */
function endAll(model: QueueModel, ids: readonly string[], now: number): void {
  const jobs = ids.map((id) => model.job(id));
  jobs.forEach((job) => model.takeOut(job));
  jobs.forEach((job) => endDedup(model, job, now));
  ids.forEach((id) => model.forget(id));
}

function promote(model: QueueModel, job: ModelJob, priority: string | undefined): void {
  model.takeOut(job);
  job.fields.state = model.enqueue(job, priority, false);
  job.fields.delay = '0';
}

function inState(
  model: QueueModel,
  id: unknown,
  state: ListedState,
  change: (job: ModelJob) => void,
): string {
  const job = model.jobs.get(id as string);
  if (!job) return 'missing';
  if (job.place !== state) return `not-${state}`;
  change(job);
  return 'ok';
}

function dateOf(job: ModelJob, place: ListedState): number {
  if (place === 'active') return Number(job.fields.processedOn);
  if (place === 'completed' || place === 'failed') return Number(job.fields.finishedOn);
  return Number(job.head.slice(0, job.head.indexOf('\n')));
}
