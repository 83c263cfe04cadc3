import type { CommitReply } from '../call.js';
import { isKnownOperation, readEntries } from '../commit-entries.js';
import { CAPS } from '../simulated-scripts.js';
import { addJob } from './model-add.js';
import { releaseDedup } from './model-dedup.js';
import type { ModelJob } from './model-job.js';
import type { QueueModel } from './queue-model.js';

type CommitArgs = [
  ...[now: number, writer: string, seq: string, relay: number, want: number, worker: string, name: string],
  ...[lock: number, max: number, duration: number],
];

const LONGEST_ENTRY = 14;

/** What a commit should do. Returns nothing when it should be refused as a whole. */
export function modelCommit(
  model: QueueModel,
  args: readonly unknown[],
  rest: readonly string[],
): CommitReply | undefined {
  const [now, , , , want, worker, name, lock, max, duration] = args as CommitArgs;
  if (rest.length > LONGEST_ENTRY * CAPS.COMMIT_CAP) return undefined;
  model.promoteDue(now);
  const keeps = { completed: new Set<string>(), failed: new Set<string>() };
  const words = readEntries(rest).map((entry) => new EntryModel(model, now, keeps).apply(entry));
  for (const state of ['completed', 'failed'] as const) {
    for (const keep of keeps[state]) trim(model, state, keep, now);
  }
  const dueInMs = model.dueIn(now);
  const fetched = model.paused
    ? { jobs: [], limitedForMs: 0 }
    : model.fetch({ want, worker, name, lock, max, duration }, now);
  return { words, dueInMs, time: String(now), ...fetched };
}

/** A repeat gives the first answer to what was written, and the jobs that the call still holds. */
export function modelCommitAgain(
  model: QueueModel,
  first: CommitReply,
  now: number,
  adds: boolean,
): CommitReply {
  const jobs = first.jobs.flatMap(({ id, token }) => {
    const job = model.jobs.get(id);
    if (job?.place !== 'active' || job.fields.token !== token) return [];
    const attemptsStarted = String(Number(job.fields.attemptsStarted) - 1);
    return [{ id, token, body: model.body(job), fields: { ...job.fields, attemptsStarted } }];
  });
  // Jobs that were added have their time of creation from the first run.
  const time = adds ? first.time : String(now);
  return { words: first.words, dueInMs: model.dueIn(now), limitedForMs: 0, time, jobs };
}

class EntryModel {
  constructor(
    private readonly model: QueueModel,
    private readonly now: number,
    private readonly keeps: Record<'completed' | 'failed', Set<string>>,
  ) {}

  apply([operation = '', id, token, ...operands]: string[]): string {
    if (!isKnownOperation(operation)) return 'unknown';
    if (operation === 'add')
      return addJob(this.model, id as string, token as string, operands[0] as string, this.now);
    const job = this.model.jobs.get(id as string);
    if (!job) return 'missing';
    const ends =
      operation === 'complete' || operation === 'fail' || operation === 'retry' || operation === 'postpone';
    const refused = ends ? whyNotHeld(job, token as string) : whyNotWritable(job, token as string);
    return refused ?? this.write(job, operation, operands);
  }

  private write(job: ModelJob, operation: string, [a = '', b = '', c = '', d = '']: string[]): string {
    switch (operation) {
      case 'complete':
        return this.finish(job, 'completed', b, { result: a });
      case 'fail':
        return this.finish(job, 'failed', c, { failedReason: a, stack: b });
      case 'retry':
        countAttempt(job);
        Object.assign(job.fields, { failedReason: a, stack: b });
        return this.giveBack(job, Number(c), d === '1');
      case 'postpone':
        return this.giveBack(job, Number(a), true);
      case 'data':
        job.data = a;
        return 'ok';
      case 'progress':
        job.fields.progress = a;
        return 'ok';
      case 'log':
        job.logs.push(a);
        keepLast(job, b);
        return String(job.logs.length);
      default:
        keepLast(job, a);
        return 'ok';
    }
  }

  private finish(
    job: ModelJob,
    state: 'completed' | 'failed',
    keep: string,
    end: ModelJob['fields'],
  ): string {
    this.model.takeOut(job);
    releaseDedup(this.model, job, this.now);
    if (/^0,|^\d*,0,/.test(keep)) {
      this.model.forget(job.id);
      return 'ok';
    }
    countAttempt(job);
    Object.assign(job.fields, end, { state, finishedOn: String(this.now) });
    this.model.append(job, state);
    this.keeps[state].add(keep);
    return 'ok';
  }

  private giveBack(job: ModelJob, delay: number, front: boolean): string {
    this.model.takeOut(job);
    if (delay > 0) {
      this.model.delay(job, this.now + delay);
      Object.assign(job.fields, { state: 'delayed', delay: String(delay) });
    } else {
      job.fields.state = this.model.enqueue(job, job.fields.priority, front);
    }
    return 'ok';
  }
}

/** A transition needs the job active under this very token. */
function whyNotHeld({ fields }: ModelJob, token: string): string | undefined {
  if (fields.state === undefined) return 'not-active';
  if (fields.token !== token) return 'stale';
  return fields.state === 'active' ? undefined : 'not-active';
}

/** A data write needs that no later lock was granted. */
function whyNotWritable({ fields }: ModelJob, token: string): string | undefined {
  return token === '' || fields.token === token ? undefined : 'stale';
}

function countAttempt({ fields }: ModelJob): void {
  fields.attemptsMade = String(Number(fields.attemptsMade ?? 0) + 1);
}

function keepLast(job: ModelJob, keep: string): void {
  if (keep !== '') job.logs.splice(0, Math.max(job.logs.length - Number(keep), 0));
}

function trim(model: QueueModel, state: 'completed' | 'failed', keep: string, now: number): void {
  const [count, age, limit] = keep.split(',').map((part) => (part === '' ? undefined : Number(part)));
  if (age !== undefined) {
    const first = model.order[state].slice(0, Math.min(limit ?? CAPS.TRIM_CAP, CAPS.TRIM_CAP));
    const young = first.findIndex((id) => Number(model.job(id).fields.finishedOn) >= now - age);
    first.slice(0, young === -1 ? first.length : young).forEach((id) => model.remove(id));
  }
  if (count !== undefined) {
    const excess = Math.min(model.order[state].length - count, CAPS.TRIM_CAP);
    model.order[state].slice(0, Math.max(excess, 0)).forEach((id) => model.remove(id));
  }
}
