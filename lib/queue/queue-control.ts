import { checkBoolean, checkInteger, checkNamedJob, checkNumber } from '../job/check.js';
import {
  JobNotFoundError,
  JobOfSchedulerError,
  UnreadableValueError,
  WrongStateError,
} from '../job/errors.js';
import type { Job } from '../job/job.js';
import { parseBase } from '../job/job-ref.js';
import type { JobProgress } from '../job/job-progress.js';
import type { FinishedState, JobType, ListedState } from '../job/job-state.js';
import { CHANGED } from '../job/job-record.js';
import { checkSize, encodeJson } from '../job/json.js';
import { refuseUnknown } from '../job/known-names.js';
import { signalJob, type SignalOptions } from '../job/signal.js';
import type { ObliterateQueueReply } from '../job/wire.generated.js';
import type { CleanPlace } from '../store/control-store.js';
import { checkFinishedState, listedState } from './arguments.js';
import { QueueReports } from './queue-reports.js';

const SLICE = 500;
/** Of a job go half a dozen keys. */
const OBLITERATE_SLICE = 200;

/** What a queue has to be for `obliterate`, by what the script found. */
const OBLITERATE_NEEDS = {
  active: 'idle, as some jobs are active: use { force: true }',
  undelivered: 'forgotten: parents in other queues wait for jobs of it, and cannot be told yet',
  unsent:
    'forgotten: jobs of its flows are to be added to other queues yet: use { force: true } to drop them',
  'not-paused': 'paused any more: it was resumed meanwhile',
} satisfies Record<Exclude<ObliterateQueueReply['word'], 'more' | 'done'>, string>;

function shownBase(base: string): string {
  const { prefix, queueName } = parseBase(base);
  return `queue ${queueName}, prefix ${prefix}`;
}

/** Where jobs of a state are: those that a limit does not let start are apart, and came first. */
function placesOf(state: ListedState): CleanPlace[] {
  return state === 'waiting' || state === 'prioritized' ? [`limited ${state}`, state] : [state];
}

/** Changes that people and programs ask of a whole queue, or of a job by its id. */
export class QueueControl<J extends Job = Job> extends QueueReports<J> {
  /** Lets no further job of the queue start, anywhere. Running jobs go on. */
  async pause(): Promise<void> {
    await this.store.control.pause(true);
    this.emit('paused');
  }

  async resume(): Promise<void> {
    await this.store.control.pause(false);
    this.emit('resumed');
  }

  /**
   * Removes a job, and its children unless an option says otherwise. Returns 1, or 0 when there is none or a worker holds its lock,
   * or that of a job below it. Throws `JobOfSchedulerError` for the next job of a scheduler.
   */
  async remove(id: string, options: { removeChildren?: boolean } = {}): Promise<number> {
    checkNamedJob(id);
    refuseUnknown('remove option', options, ['removeChildren']);
    const { removeChildren = true } = options;
    const word = await this.store.jobs.removeJob(id, removeChildren);
    if (word === 'scheduled') {
      throw new JobOfSchedulerError(id);
    }
    const removed = word === 'ok';
    if (removed) {
      this.emit('removed', id);
    }
    return removed ? 1 : 0;
  }

  async updateJobProgress(id: string, progress: JobProgress): Promise<void> {
    checkNamedJob(id);
    const word = await this.store.jobs.write([
      'progress',
      id,
      '',
      encodeJson('Progress', progress, 'null', this.opts.codec),
    ]);
    if (word !== 'ok') {
      throw new JobNotFoundError(id, 'update the progress of');
    }
    this.emit('progress', id, progress);
  }

  /**
   * Sends a signal to an unfinished job: a step that waits for one of that name goes on with the payload, at once or when
   * it comes to wait. Until then the last signal of a name is kept. Returns false for a copy, known by its `key`. Throws
   * `JobNotFoundError` or, for a finished job, `WrongStateError`.
   *
   * @example
   * await orders.signal(orderId, 'approved', { by: 'ada' }, { key: webhook.id });
   */
  signal(jobId: string, name: string, payload?: unknown, options?: SignalOptions): Promise<boolean> {
    return signalJob(this.store.jobs, jobId, name, payload, options);
  }

  /** Adds a line to a job's log. Returns how many lines it has. */
  async addJobLog(id: string, line: string, keepLogs?: number): Promise<number> {
    checkNamedJob(id);
    if (keepLogs !== undefined) {
      checkInteger('keepLogs', keepLogs, 0);
    }
    checkSize('The line', String(line));
    const word = await this.store.jobs.write([
      'log',
      id,
      '',
      String(line),
      keepLogs === undefined ? '' : String(keepLogs),
    ]);
    if (word === 'missing') {
      throw new JobNotFoundError(id, 'log for');
    } else if (word === 'unreadable') {
      throw new UnreadableValueError(`Job ${id}`, CHANGED);
    }
    return Number(word);
  }

  /**
   * Removes all jobs that wait for a worker, and the delayed ones too when asked. Parents that wait for children stay, in
   * this queue and in others; one whose children are all removed waits for a worker then, and is not removed.
   */
  async drain(delayed = false): Promise<void> {
    await this.store.control.drain(delayed);
  }

  /**
   * Removes jobs of one state that are older than `grace` milliseconds: by creation while they wait, by start while
   * active (only those whose lock expired), by finishing time afterwards.
   * @param limit how many at most; 0 for no limit
   */
  async clean(grace: number, limit: number, type: JobType = 'completed'): Promise<string[]> {
    checkNumber('grace', grace, 0);
    checkInteger('limit', limit, 0);
    const state = listedState(type);
    const cleaned: string[] = [];
    const places = state ? placesOf(state) : [];
    if (state === 'waiting') {
      for (const place of await this.placesInGroups()) places.push(place);
    }
    for (const place of places) {
      if (limit === 0 || cleaned.length < limit) {
        await this.cleanPlace(place, Math.ceil(grace), limit, cleaned);
      }
    }
    await this.store.delivery.deliver();
    this.emit('cleaned', cleaned, state ?? type);
    return cleaned;
  }

  /** @internal Slice by slice, up to `limit` in all. */
  protected async cleanPlace(
    place: CleanPlace,
    graceMs: number,
    limit: number,
    cleaned: string[],
  ): Promise<void> {
    for (let start = 0; start >= 0 && (limit === 0 || cleaned.length < limit);) {
      const left = limit === 0 ? 0 : limit - cleaned.length;
      const slice = await this.store.control.cleanSlice({ place, graceMs, limit: left, start });
      cleaned.push(...slice.removed);
      start = slice.next;
    }
  }

  /** @internal Where jobs wait in groups. */
  protected async placesInGroups(): Promise<CleanPlace[]> {
    return [];
  }

  /**
   * Deletes the queue with all its jobs. Throws `WrongStateError` while jobs are active, unless forced. Parents in other
   * queues no longer wait for jobs of this one. Children in other queues stay: they run, and nobody is notified of their end; remove
   * the parent with `remove` first where they are to go with it.
   * @param options.force whether active jobs go too, and jobs of its flows that other queues cannot be given; default false
   * @param options.count how many jobs a call of Redis deletes at most; default 200, most 500
   */
  async obliterate(options: { force?: boolean; count?: number } = {}): Promise<void> {
    refuseUnknown('obliterate option', options, ['force', 'count']);
    const { force = false, count = OBLITERATE_SLICE } = options;
    checkBoolean('force', force);
    checkInteger('count', count, 1);
    await this.pause();
    let found: ObliterateQueueReply;
    do {
      found = await this.store.control.obliterateSlice(Math.min(count, SLICE), force);
    } while (found.word === 'more');
    if (found.word !== 'done') {
      const needed = OBLITERATE_NEEDS[found.word];
      const where = 'target' in found ? ` (next: ${shownBase(found.target)})` : '';
      throw new WrongStateError('*', 'obliterate', `${needed}${where}`, `queue ${this.name}`);
    }
  }

  /**
   * Makes finished jobs wait again, where their priority has them wait: those that have finished when it is called.
   * @param opts.state default `failed`
   * @param opts.timestamp only those that finished up to then, ms since 1970
   * @param opts.count how many a call of Redis moves at most; default and most 500
   */
  async retryJobs(opts: { count?: number; state?: FinishedState; timestamp?: number } = {}): Promise<void> {
    refuseUnknown('retryJobs option', opts, ['count', 'state', 'timestamp']);
    const { count = SLICE, state = 'failed', timestamp = 0 } = opts;
    checkFinishedState(state);
    checkInteger('count', count, 1);
    checkNumber('timestamp', timestamp, 0);
    for (let before = Math.floor(timestamp), moved = SLICE; moved > 0;) {
      ({ moved, before } = await this.store.control.retrySlice(state, Math.min(count, SLICE), before));
    }
    await this.store.delivery.deliver();
  }

  /**
   * Makes the jobs that are delayed when it is called wait for a worker, where their priority has them wait. A job that is
   * delayed again meanwhile stays so.
   * @param options.count how many a call of Redis moves at most; default and most 500
   */
  async promoteJobs(options: { count?: number } = {}): Promise<void> {
    refuseUnknown('promoteJobs option', options, ['count']);
    const { count = SLICE } = options;
    checkInteger('count', count, 1);
    // From the end, which jobs that fall due meanwhile do not shift.
    const page = { start: 0, stop: -1, descending: true };
    const ids = (await this.store.inspect.listJobs(['delayed'], page)).toReversed();
    const size = Math.min(count, SLICE);
    for (let first = 0; first < ids.length; first += size) {
      await this.store.control.promoteSlice(ids.slice(first, first + size));
    }
  }

  /** Id of the job behind a deduplication, null when there is none. With a `ttl` it may be a job that has finished. */
  async getDeduplicationJobId(id: string): Promise<string | null> {
    return (await this.store.inspect.getDedupOwner(id)) || null;
  }

  /** Ends a deduplication by hand. Returns 1, or 0 when there was none. */
  async removeDeduplicationKey(id: string): Promise<number> {
    return (await this.store.changes.removeDedupKey(id, '')) === 'ok' ? 1 : 0;
  }

  /** Cuts the event stream to about so many entries. Returns how many were dropped. */
  async trimEvents(maxLength: number): Promise<number> {
    checkInteger('maxLength', maxLength, 0);
    return this.store.control.trimEvents(maxLength);
  }
}
