import {
  JobCancelledError,
  JobTimeoutError,
  LockLostError,
  PendingChildrenError,
  UnreadableValueError,
} from '../job/errors.js';
import type { Job } from '../job/job.js';
import { asError, type Failure, messageOf, thrownBy } from '../job/job-failure.js';
import { CHANGED } from '../job/job-record.js';
import type { JobWrite } from '../job/job-write.js';
import { encodeJson } from '../job/json.js';
import { specialErrorKind, UnrecoverableError, WaitingChildrenError } from '../job/special-errors.js';
import type { TracedEnd, TracedOutcome } from '../job/telemetry.js';
import type { Tracing } from '../job/tracing.js';
import type { Runtime } from '../runtime/runtime.js';
import { AttemptPolicy } from './attempt-policy.js';
import type { CommitLoop } from './commit-loop.js';
import { RunOutcome } from './run-outcome.js';
import { followObservable, isObservable } from './follow-observable.js';
import type { Run } from './run.js';
import { hasSlotChildren, waitForSlotChildren } from './slot-children.js';
import { type MaybeStepped, type SteppedRun, STEP_HANDLING } from './stepped-processor.js';
import { LATE_SIGNAL, type MaybeLate, takesSignal } from './takes-signal.js';
import type { Processor, WorkerOptions } from './worker-options.js';

export interface AttemptHooks {
  completed: (job: Job, result: unknown) => void;
  failed: (job: Job, error: Error) => void;
  error: (error: Error) => void;
  /** The processor is through: its slot is free. */
  ended: (run: Run) => void;
  /** Redis has answered, or never will: the lock is no longer needed. */
  settled: (run: Run) => void;
  /** Redis has kept a step of the job in a call that was sent at that time. */
  kept: (run: Run, sentAt: number) => void;
  /** Whether a job whose lock was lost is handed back, where that can be; else its lock runs out. */
  givesBack: boolean;
  /** Whether the worker is closing. */
  closing: () => boolean;
}

/** Why the job of a run may not complete. */
type Refusal = 'pending-children' | 'child-failed' | 'cancelled';

/** Passed where it cannot be seen. */
const NO_SIGNAL = new AbortController().signal;

/** Carries out one attempt: processor, outcome, write. */
export class AttemptRunner {
  private readonly policy: AttemptPolicy;
  private readonly signalled: boolean;
  private readonly stages: MaybeStepped[typeof STEP_HANDLING];

  constructor(
    private readonly processor: Processor & MaybeStepped & MaybeLate,
    options: WorkerOptions,
    private readonly runtime: Runtime,
    private readonly loop: CommitLoop,
    private readonly hooks: AttemptHooks,
    private readonly workerId: string,
    private readonly tracing: Tracing | undefined,
  ) {
    this.stages = processor[STEP_HANDLING];
    this.signalled = takesSignal(processor);
    this.policy = new AttemptPolicy(options, runtime, hooks.error);
  }

  start(run: Run): void {
    if (run.job.cancellation) {
      run.cancel(run.job.cancellation);
    }
    const refusal = run.cancelled ?? this.policy.refusal(run.job);
    if (refusal) {
      this.fail(run, refusal);
      return;
    }
    const ttlMs = this.policy.ttlMs(run.job);
    if (ttlMs !== undefined) {
      this.limit(run, ttlMs);
    }
    const work = (): unknown =>
      run.job.opts.repeat && hasSlotChildren(run.job) ? this.processParent(run) : this.process(run);
    const { trace } = this.traced(run);
    this.follow(run, trace ? () => trace.with(work) : work);
  }

  /** Ends the attempt with an error, as if the processor had thrown it. */
  fail(run: Run, thrown: unknown): void {
    run.timer?.cancel();
    const isCancelled = run.cancelled && !run.isLockLoss(thrown) && !run.job.moved;
    const error = isCancelled ? (run.cancelled as Error) : asError(thrown);
    const kind = specialErrorKind(error);
    if (run.job.moved && kind !== undefined) {
      this.leave(run);
    } else if (run.isLockLoss(thrown)) {
      this.giveUp(run);
    } else if (kind === 'waiting' || kind === 'rate-limit') {
      this.write(run, ['postpone', run.job.id, run.token, '0'], 'give back', () => {});
    } else if (kind === 'delayed' || kind === 'waiting-children') {
      this.failForReason(
        run,
        new UnrecoverableError(`${error.name} was thrown, but the job was not moved before.`),
      );
    } else {
      this.failForReason(run, error);
    }
  }

  private process(run: Run): unknown {
    const ending = this.stages?.run(this.staged(run));
    if (ending) return ending;
    if (this.processor[LATE_SIGNAL]) {
      return this.processor(run.job, run.token, (() => run.signal) as never);
    }
    return this.processor(run.job, run.token, this.signalled ? run.signal : NO_SIGNAL);
  }

  private async processParent(run: Run): Promise<unknown> {
    if (await waitForSlotChildren(run.job, run.token)) {
      throw new WaitingChildrenError();
    }
    return this.process(run);
  }

  /** What the work comes to is the outcome of the run, unless the run has taken another turn meanwhile. */
  private follow(run: Run, work: () => unknown): void {
    run.turn += 1;
    const { turn } = run;
    let outcome: unknown;
    try {
      outcome = work();
    } catch (error) {
      this.fail(run, error);
      return;
    }
    Promise.resolve(outcome).then(
      (result) => run.turn === turn && this.orFail(run, () => this.complete(run, result)),
      (error: unknown) => run.turn === turn && this.orFail(run, () => this.fail(run, error)),
    );
  }

  /** Whatever goes wrong in ending a run, also for options that make no sense: it ends. */
  private orFail(run: Run, end: () => void): void {
    try {
      end();
    } catch (error) {
      this.failAnyhow(run, error);
    }
  }

  private failAnyhow(run: Run, thrown: unknown): void {
    const error = asError(thrown);
    const write = ['fail', run.job.id, run.token, JSON.stringify(messageOf(error)), '[]', '', ''] as const;
    this.write(run, write, 'fail', () => this.hooks.failed(run.job, error));
  }

  private limit(run: Run, ttlMs: number): void {
    run.timer = this.runtime.setTimer(() => {
      const error = new JobTimeoutError(run.job.id, ttlMs);
      run.turn += 1;
      run.abort(error);
      this.fail(run, error);
    }, ttlMs);
  }

  /** A processor in stages knows more about what failed, and may have to undo some of it. */
  private failForReason(run: Run, error: Error): void {
    const fail = (): Promise<RunOutcome | undefined> | undefined =>
      this.stages?.fail(this.staged(run), error);
    const { trace } = this.traced(run);
    const failing = trace && this.stages ? trace.with(fail) : fail();
    if (!failing) {
      void this.writeFailure(run, error);
      return;
    }
    run.turn += 1;
    const { turn } = run;
    failing.then(
      (ending) => {
        if (run.turn === turn) {
          this.orFail(run, () => void (ending ? this.end(run, ending) : this.writeFailure(run, error)));
        }
      },
      (cause: unknown) =>
        run.turn === turn && this.orFail(run, () => this.failWithoutStages(run, error, cause)),
    );
  }

  /** The processor in stages has not come to an end with the failure either. */
  private failWithoutStages(run: Run, error: Error, cause: unknown): void {
    if (run.isLockLoss(cause)) {
      this.giveUp(run);
    } else if (specialErrorKind(cause) !== undefined) {
      this.end(run, RunOutcome.lost(asError(cause)));
    } else {
      void this.writeFailure(run, error);
    }
  }

  private complete(run: Run, result: unknown): void {
    const { job, token } = run;
    if (result instanceof RunOutcome) {
      this.end(run, result);
      return;
    }
    if (isObservable(result)) {
      const keep = (value: unknown, json: string): Promise<void> => {
        job.returnvalue = value;
        return job.keepEmission(value, json);
      };
      const emit = (): Promise<unknown> => followObservable(result, run.signal, keep, job.codec);
      const { trace } = run;
      this.follow(run, trace ? () => trace.with(emit) : emit);
      return;
    }
    if (job.moved) {
      this.leave(run);
      return;
    }
    let json: string;
    try {
      json = encodeJson('The result', result, 'null', job.codec);
    } catch (error) {
      this.fail(run, error);
      return;
    }
    this.write(run, ['complete', job.id, token, json, this.policy.keepCompleted(job)], 'complete', () =>
      this.completed(job, result),
    );
  }

  /** Ends the run as a processor in stages has decided. */
  private end(run: Run, { kind, write, result, failure, error }: RunOutcome): void {
    const { job } = run;
    if (kind === 'lost' && !run.handedBack) {
      this.hooks.error(error as Error);
    }
    if (!write) {
      this.leave(run);
    } else if (kind === 'completed') {
      this.write(run, write, 'complete', () => this.completed(job, result));
    } else if (kind === 'failed') {
      run.trace?.fail(error);
      this.write(run, write, 'fail', () => this.failed(job, failure as Failure, error as Error));
    } else {
      this.write(run, write, 'give back', () => {});
    }
  }

  /** Never rejects. */
  private async writeFailure(run: Run, error: Error): Promise<void> {
    const { job, token } = run;
    try {
      run.trace?.fail(error);
      const failure = await this.policy.failure(job, error);
      this.write(run, job.failureWrite(failure, token, this.policy.keepFailed(job)), 'fail', () =>
        this.failed(job, failure, error),
      );
    } catch (cause) {
      this.failAnyhow(run, cause);
    }
  }

  /** The work has ended although children of its job are pending, which is its fault, or one has failed, or it was cancelled. */
  private failForChildren(run: Run, word: Refusal): void {
    const { id } = run.job;
    if (word === 'cancelled') {
      // Its work has ended before the worker learned of it. Why, is stored with the job.
      run.cancelled ??= new JobCancelledError(undefined, true);
      this.failForReason(run, run.cancelled);
      return;
    }
    if (word === 'child-failed') {
      this.failForReason(run, new UnrecoverableError(`Cannot complete job ${id}: a child of it has failed.`));
      return;
    }
    const error = new PendingChildrenError(id);
    this.hooks.error(error);
    this.failForReason(run, error);
  }

  private completed(job: Job, result: unknown): void {
    job.attemptsMade += 1;
    job.returnvalue = result;
    job.finishedOn = this.runtime.now();
    this.hooks.completed(job, result);
  }

  private failed(job: Job, failure: Failure, error: Error): void {
    job.failed(failure);
    this.hooks.failed(job, thrownBy(error));
  }

  private staged(run: Run): SteppedRun {
    const { policy } = this;
    const { closing, kept } = this.hooks;
    return {
      job: run.job,
      token: run.token,
      get signal() {
        return run.signal;
      },
      get isClosing() {
        return closing();
      },
      keepCompleted: policy.keepCompleted(run.job),
      keepFailed: policy.keepFailed(run.job),
      kept: (sentAt) => kept(run, sentAt),
      isLockLoss: (error) => run.isLockLoss(error),
      failure: (error, tries) => policy.failure(run.job, error, tries),
      get cancelled() {
        return run.cancelled;
      },
      get leavesDone() {
        return run.job.cancellation?.undo === false;
      },
      beginUndo: () => run.beginUndo(),
      telemetry: this.tracing?.telemetry,
    };
  }

  private traced(run: Run): Run {
    if (this.tracing) {
      run.trace ??= this.tracing.process(run.job, this.workerId);
    }
    return run;
  }

  /** Ends a run of which nothing is left to write, for instance as the processor has moved the job by itself. */
  leave(run: Run): void {
    run.end(run.isAborted ? 'lost' : 'moved');
    this.hooks.ended(run);
    this.hooks.settled(run);
    this.loop.refill();
  }

  /**
   * The run has stopped because its lock could not be shown to be held, which is no fault of the job: no attempt is
   * counted. Where the lock is still there after all, the job waits again.
   */
  private giveUp(run: Run): void {
    if (!this.hooks.givesBack || run.handedBack) {
      this.leave(run);
      return;
    }
    run.end('lost');
    this.hooks.ended(run);
    this.loop.push(['postpone', run.job.id, run.token, '0'], (word) => {
      this.hooks.settled(run);
      if (word !== 'ok') {
        this.hooks.error(new LockLostError(run.job.id, 'go on with'));
      }
    });
  }

  private write(run: Run, write: JobWrite, action: string, done: () => void): void {
    if (!run.isEnding) {
      run.end(outcomeOf(write), run.trace && whatOf(write));
      this.hooks.ended(run);
    }
    if (run.handedBack) {
      return;
    }
    this.loop.push(write, (word, error) => {
      if (word === 'pending-children' || word === 'child-failed' || word === 'cancelled') {
        this.failForChildren(run, word);
        return;
      }
      this.hooks.settled(run);
      if (word === 'ok') {
        done();
      } else if (error !== undefined) {
        this.hooks.error(asError(error));
      } else if (word === 'unreadable') {
        this.hooks.error(new UnreadableValueError(`Job ${run.job.id}`, CHANGED));
      } else {
        this.hooks.error(new LockLostError(run.job.id, action));
      }
    });
  }
}

/** What telemetry is told of a write that ends a run. */
function whatOf(write: JobWrite): TracedEnd {
  if (write[0] === 'complete') return { result: write[3] };
  if (write[0] === 'fail' || write[0] === 'retry') {
    const reason = JSON.parse(write[3]) as string;
    return write[0] === 'fail' ? { reason } : { reason, delayMs: Number(write[5]) };
  }
  return {};
}

/** What the write that ends a run makes of it. */
function outcomeOf(write: JobWrite): TracedOutcome {
  const [way] = write[0] === 'step' ? write[8] : write;
  return way === 'complete' ? 'completed' : way === 'fail' ? 'failed' : way === 'retry' ? 'retried' : 'moved';
}
