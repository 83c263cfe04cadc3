import { checkInteger, checkNumber } from './check.js';
import {
  InvalidOptionError,
  JobNotFoundError,
  LockLostError,
  PendingChildrenError,
  UnreadableValueError,
  WrongStateError,
} from './errors.js';
import { failureOf, type Failure } from './job-failure.js';
import { JobRelatives } from './job-relatives.js';
import { CHANGED } from './job-record.js';
import type { LoneWrite } from './job-store.js';
import { checkSize, encodeJson } from './json.js';
import type { JobFields } from './job-record.js';
import type { JobWrite } from './job-write.js';
import type { JobProgress } from './job-progress.js';
import { queueOf, refOf, refText, type ParentOptions } from './job-ref.js';
import { retentionText } from './retention.js';
import { UnrecoverableError } from './special-errors.js';

/** What a run of a job may write, and how it may end. Everything is compared with the lock that the run holds. */
export abstract class JobRun<
  D = any,
  R = any,
  N extends string = string,
  P extends JobProgress = JobProgress,
> extends JobRelatives<D, R, N, P> {
  /** @internal Whether this object has ended its run by moving the job. */
  moved = false;
  declare private lone: LoneWrite | undefined;

  /** Replaces the job's data. Refused with `LockLostError` once a later run holds the job. */
  async updateData(data: D): Promise<void> {
    const json = encodeJson('Job data', data, '{}', this.store.codec);
    this.expect(await this.send(['data', this.writeId, this.token ?? '', json]), 'update');
    this.data = data;
  }

  /** Stores the job's progress and notifies listeners. */
  async updateProgress(progress: P): Promise<void> {
    const json = encodeJson('Progress', progress, 'null', this.store.codec);
    this.expect(
      await this.send(['progress', this.writeId, this.token ?? '', json]),
      'update the progress of',
    );
    this.progress = progress;
    this.store.progressed?.(this, progress);
  }

  /** Adds a line to the job's log. Returns how many lines it has. */
  async log(line: string): Promise<number> {
    checkSize('The line', String(line));
    const keep = this.opts.keepLogs === undefined ? '' : String(this.opts.keepLogs);
    const word = await this.send(['log', this.writeId, this.token ?? '', String(line), keep]);
    const count = Number(word);
    if (Number.isNaN(count)) {
      this.expect(word, 'log for');
    }
    return count;
  }

  /** Removes the job's log lines but the newest `keepLogs` ones (default: none are kept). */
  async clearLogs(keepLogs = 0): Promise<void> {
    checkInteger('keepLogs', keepLogs, 0);
    this.expect(
      await this.send(['clear-logs', this.writeId, this.token ?? '', String(keepLogs)]),
      'clear the logs of',
    );
  }

  /** @internal Completes the job. Returns whether its parent knows. */
  protected async complete(result: R, token: string): Promise<boolean> {
    const json = encodeJson('The result', result, 'null', this.store.codec);
    const keep = retentionText(this.opts.removeOnComplete);
    this.expect(
      await this.send(['complete', this.id, this.lockToken(token), json, keep]),
      'complete',
      'active',
    );
    this.attemptsMade += 1;
    this.returnvalue = result;
    this.finishedOn = this.store.runtime.now();
    return this.parentReached();
  }

  /** @internal Ends the attempt. Returns whether the parent of a job that failed for good knows. */
  protected async fail(error: Error, token: string): Promise<boolean> {
    const failure = await failureOf(this, error, undefined, undefined, this.store.runtime.random);
    this.expect(await this.send(this.failureWrite(failure, this.lockToken(token))), 'fail', 'active');
    this.failed(failure);
    return failure.retryDelayMs !== undefined || this.parentReached();
  }

  /** Ends this run; the job is due at `timestamp` (milliseconds). Throw `DelayedError` afterwards. No attempt is counted. */
  async moveToDelayed(timestamp: number, token?: string): Promise<void> {
    checkNumber('timestamp', timestamp, 0);
    const delay = Math.max(Math.ceil(timestamp - this.store.runtime.now()), 1);
    this.expect(
      await this.send(['postpone', this.id, this.lockToken(token), String(delay)]),
      'delay',
      'active',
    );
    this.moved = true;
    this.delay = delay;
  }

  /** Ends this run; the job waits in front. Throw `WaitingError` afterwards. No attempt is counted. */
  async moveToWait(token?: string): Promise<void> {
    this.expect(await this.send(['postpone', this.id, this.lockToken(token), '0']), 'move', 'active');
    this.moved = true;
  }

  /**
   * Ends this run until the job's children have ended; it is then started from the top. Returns true when the job was
   * moved: throw `WaitingChildrenError` afterwards. Returns false when no child is pending, and the run goes on. No attempt is counted.
   * Throws `UnrecoverableError` when a child has failed with `failParentOnFailure`.
   * @param child only if this one is pending
   */
  async moveToWaitingChildren(token: string, { child }: { child?: ParentOptions } = {}): Promise<boolean> {
    const ref = child ? refText(refOf('child', child)) : '';
    const word = await this.send(['wait-children', this.id, this.lockToken(token), ref]);
    if (word === 'no-children') {
      return false;
    }
    this.expect(word, 'let wait for children', 'active');
    this.moved = true;
    return true;
  }

  /** Holds the lock for another `duration` milliseconds. Returns 1, or 0 when the lock was lost. */
  async extendLock(token: string, duration: number): Promise<number> {
    checkNumber('duration', duration, 1);
    return (await this.store.extendLock(this.id, this.lockToken(token), Math.ceil(duration))) ? 1 : 0;
  }

  /** @internal The token to compare: what was granted begins with what a user named, and users may pass either. */
  lockToken(token: string | undefined): string {
    const held = this.token ?? '';
    if (token === undefined || token === held || held.startsWith(`${token}.`)) {
      return held;
    }
    return token;
  }

  /**
   * @internal Joins the group commit of the run that holds the job. Returns the script's word.
   * @param takesPlace of what was written for nobody, as long as nothing else was written since: that would be overtaken
   */
  write(entry: JobWrite, takesPlace = false): Promise<string> {
    const { lone } = this;
    this.lone = undefined;
    return (takesPlace ? lone?.(entry) : undefined) ?? this.store.keep(entry);
  }

  /** @internal As `write`, for what nobody waits for. */
  writeAlone(entry: JobWrite): void {
    this.lone = this.store.keepAlone(entry);
  }

  private send(entry: JobWrite): Promise<string> {
    this.lone = undefined;
    return this.store.write(entry);
  }

  /** @internal What is stored of the job now, undefined when it is gone. */
  async readFields(): Promise<JobFields | undefined> {
    return (await this.load())?.record.fields;
  }

  /** @internal Keeps what a run, or a step of it, has emitted last, and notifies listeners. */
  async keepEmission(value: unknown, json: string, step = ''): Promise<void> {
    this.expect(await this.write(['emit', this.id, this.token ?? '', step, json]), 'save an emission of');
    this.store.progressed?.(this, value);
  }

  /** @internal */
  failureWrite(failure: Failure, token: string, removeOnFail = this.opts.removeOnFail) {
    const { reason, stack, retryDelayMs, exhausted } = failure;
    const stored = [JSON.stringify(reason), JSON.stringify(stack)] as const;
    return retryDelayMs === undefined
      ? (['fail', this.id, token, ...stored, retentionText(removeOnFail), exhausted ? '1' : ''] as const)
      : (['retry', this.id, token, ...stored, String(retryDelayMs), this.opts.lifo ? '1' : ''] as const);
  }

  /** @internal */
  failed(failure: Failure): void {
    this.attemptsMade += 1;
    this.failedReason = failure.reason;
    this.stacktrace = failure.stack;
    this.delay = failure.retryDelayMs ?? 0;
    if (failure.retryDelayMs === undefined) {
      this.finishedOn = this.store.runtime.now();
    }
  }

  /** Under a lock the token says which life is meant. */
  private get writeId(): string {
    return this.token === undefined ? this.named : this.id;
  }

  private async parentReached(): Promise<boolean> {
    return this.parent === undefined || this.store.hasReached(queueOf(this.parent.queueKey));
  }

  /** @internal Throws what a script's word means, unless it is ok. */
  protected expect(word: string, action: string, needed = 'in the right state'): void {
    if (word === 'ok') {
      return;
    }
    if (word === 'missing') {
      throw new JobNotFoundError(this.id, action);
    }
    if (word === 'stale') {
      throw new LockLostError(this.id, action);
    }
    if (word === 'unreadable') {
      throw new UnreadableValueError(`Job ${this.id}`, CHANGED);
    }
    if (word === 'pending-children') {
      throw new PendingChildrenError(this.id);
    }
    if (word === 'child-failed') {
      throw new UnrecoverableError(`Cannot ${action} job ${this.id}: a child of it has failed.`);
    }
    if (word.startsWith('not-')) {
      throw new WrongStateError(this.id, action, needed);
    }
    throw new InvalidOptionError('reply', word, 'This is a fault of Stepwell: please report it.');
  }
}
