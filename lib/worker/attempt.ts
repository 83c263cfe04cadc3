import { LockLostError, PendingChildrenError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { asError, failureOf } from '../job/job-failure.js';
import type { JobWrite } from '../job/job-write.js';
import { encodeJson } from '../job/json.js';
import { retentionText } from '../job/retention.js';
import { specialErrorKind, UnrecoverableError } from '../job/special-errors.js';
import type { CommitBatch } from '../store/commit-batch.js';
import type { Run } from './run.js';
import { takesSignal } from './takes-signal.js';
import type { Processor, WorkerOptions } from './worker-options.js';

export interface AttemptHooks {
  completed: (job: Job, result: unknown) => void;
  failed: (job: Job, error: Error) => void;
  error: (error: Error) => void;
  /** The processor is through: its slot is free. */
  ended: (run: Run) => void;
  /** Redis has answered, or never will: the lock is no longer needed. */
  settled: (run: Run) => void;
}

/** Passed where it cannot be seen. */
const NO_SIGNAL = new AbortController().signal;

/** Carries out one attempt: processor, outcome, write. */
export class AttemptRunner {
  private readonly keepCompleted: string;
  private readonly signalled: boolean;

  constructor(
    private readonly processor: Processor,
    private readonly options: WorkerOptions,
    private readonly commit: () => CommitBatch,
    private readonly hooks: AttemptHooks,
  ) {
    this.signalled = takesSignal(processor);
    this.keepCompleted = retentionText(options.removeOnComplete);
  }

  start(run: Run): void {
    if (run.job.deferredFailure !== undefined) {
      this.fail(run, new UnrecoverableError(run.job.deferredFailure));
      return;
    }
    const limit = this.options.maxStartedAttempts;
    if (limit && run.job.attemptsStarted > limit) {
      this.fail(run, new UnrecoverableError('job started more than allowable limit'));
      return;
    }
    if (run.job.unreadable) {
      this.fail(run, run.job.unreadable);
      return;
    }
    let outcome: unknown;
    try {
      outcome = this.processor(run.job, run.token, this.signalled ? run.signal : NO_SIGNAL);
    } catch (error) {
      this.fail(run, error);
      return;
    }
    Promise.resolve(outcome).then(
      (result) => this.complete(run, result),
      (error: unknown) => this.fail(run, error),
    );
  }

  /** Ends the attempt with an error, as if the processor had thrown it. */
  fail(run: Run, thrown: unknown): void {
    const error = asError(thrown);
    const kind = specialErrorKind(error);
    if (run.job.moved && kind !== undefined) {
      this.leave(run);
    } else if (kind === 'waiting' || kind === 'rate-limit') {
      this.write(run, ['postpone', run.job.id, run.token, '0'], 'give back', () => {});
    } else if (kind === 'delayed' || kind === 'waiting-children') {
      void this.writeFailure(
        run,
        new UnrecoverableError(`${error.name} was thrown, but the job was not moved before.`),
      );
    } else {
      void this.writeFailure(run, error);
    }
  }

  private complete(run: Run, result: unknown): void {
    const { job, token } = run;
    if (job.moved) {
      this.leave(run);
      return;
    }
    let json: string;
    try {
      json = encodeJson('The result', result, 'null', this.options.codec);
    } catch (error) {
      this.fail(run, error);
      return;
    }
    const own = job.opts.removeOnComplete;
    const keep = own === undefined ? this.keepCompleted : retentionText(own);
    this.write(run, ['complete', job.id, token, json, keep], 'complete', () => {
      job.attemptsMade += 1;
      job.returnvalue = result;
      job.finishedOn = Date.now();
      this.hooks.completed(job, result);
    });
  }

  private async writeFailure(run: Run, error: Error): Promise<void> {
    const { job, token } = run;
    const failure = await failureOf(job, error, this.options.settings?.backoffStrategy).catch(
      (cause: unknown) => {
        this.hooks.error(asError(cause));
        return failureOf(job, new UnrecoverableError(error.message));
      },
    );
    const keep = job.opts.removeOnFail ?? this.options.removeOnFail;
    this.write(run, job.failureWrite(failure, token, keep), 'fail', () => {
      job.failed(failure);
      if (failure.retryDelayMs === undefined) {
        job.finishedOn = Date.now();
      }
      this.hooks.failed(job, error);
    });
  }

  /** A processor has returned although children of its job are pending, which is its fault, or one has failed. */
  private failForChildren(run: Run, word: 'pending-children' | 'child-failed'): void {
    const { id } = run.job;
    if (word === 'child-failed') {
      void this.writeFailure(
        run,
        new UnrecoverableError(`Cannot complete job ${id}: a child of it has failed.`),
      );
      return;
    }
    const error = new PendingChildrenError(id);
    this.hooks.error(error);
    void this.writeFailure(run, error);
  }

  /** The processor has moved the job by itself. */
  private leave(run: Run): void {
    run.isEnding = true;
    this.hooks.ended(run);
    this.hooks.settled(run);
    this.commit().poke();
  }

  private write(run: Run, write: JobWrite, action: string, done: () => void): void {
    if (!run.isEnding) {
      run.isEnding = true;
      this.hooks.ended(run);
    }
    if (run.handedBack) {
      return;
    }
    this.commit().push(write, (word, error) => {
      if (word === 'pending-children' || word === 'child-failed') {
        this.failForChildren(run, word);
        return;
      }
      this.hooks.settled(run);
      if (word === 'ok') {
        done();
      } else if (error !== undefined) {
        this.hooks.error(asError(error));
      } else {
        this.hooks.error(new LockLostError(run.job.id, action));
      }
    });
  }
}
