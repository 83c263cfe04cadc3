import { JobCancelledError, JobTimeoutError, PendingChildrenError } from '../job/errors.js';
import { asError, type Failure, messageOf } from '../job/job-failure.js';
import { encodeJson } from '../job/json.js';
import { specialErrorKind, UnrecoverableError, WaitingChildrenError } from '../job/special-errors.js';
import type { Tracing } from '../job/tracing.js';
import type { Runtime } from '../runtime/runtime.js';
import { AttemptPolicy } from './attempt-policy.js';
import type { CommitLoop } from './commit-loop.js';
import { RunOutcome } from './run-outcome.js';
import { followObservable, isObservable } from './follow-observable.js';
import type { Run } from './run.js';
import { type Refusal, type RunHooks, RunWriter } from './run-writer.js';
import { hasSlotChildren, waitForSlotChildren } from './slot-children.js';
import { StagedRun } from './staged-run.js';
import { type MaybeStepped, type SteppedRun, STEP_HANDLING } from './stepped-processor.js';
import { LATE_SIGNAL, type MaybeLate, takesSignal } from './takes-signal.js';
import type { Processor, WorkerOptions } from './worker-options.js';

/** Passed where it cannot be seen. */
const NO_SIGNAL = new AbortController().signal;

/** Carries out attempts: calls the processor, and finds out how the run is to end. */
export class AttemptRunner {
  private readonly policy: AttemptPolicy;
  private readonly writer: RunWriter;
  private readonly signalled: boolean;
  private readonly stages: MaybeStepped[typeof STEP_HANDLING];

  constructor(
    private readonly processor: Processor & MaybeStepped & MaybeLate,
    options: WorkerOptions,
    private readonly runtime: Runtime,
    loop: CommitLoop,
    private readonly hooks: RunHooks,
    private readonly workerId: string,
    private readonly tracing: Tracing | undefined,
  ) {
    this.stages = processor[STEP_HANDLING];
    this.signalled = takesSignal(processor);
    this.policy = new AttemptPolicy(options, runtime, hooks.error);
    this.writer = new RunWriter(loop, hooks, runtime, (run, word) => this.failForChildren(run, word));
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

  /** Ends a run of which nothing is left to write. */
  leave(run: Run): void {
    this.writer.leave(run);
  }

  /** Ends the attempt with an error, as if the processor had thrown it. */
  fail(run: Run, thrown: unknown): void {
    run.timer?.cancel();
    const isCancelled = run.cancelled && !run.isLockLoss(thrown) && !run.job.moved;
    const error = isCancelled ? (run.cancelled as Error) : asError(thrown);
    const kind = specialErrorKind(error);
    if (run.job.moved && kind !== undefined) {
      this.writer.leave(run);
    } else if (run.isLockLoss(thrown)) {
      this.writer.giveUp(run);
    } else if (kind === 'waiting' || kind === 'rate-limit') {
      this.writer.goBack(run);
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
    this.writer.write(run, write, 'fail', () => this.hooks.failed(run.job, error));
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
      this.writer.giveUp(run);
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
      this.writer.leave(run);
      return;
    }
    let json: string;
    try {
      json = encodeJson('The result', result, 'null', job.codec);
    } catch (error) {
      this.fail(run, error);
      return;
    }
    this.writer.write(
      run,
      ['complete', job.id, token, json, this.policy.keepCompleted(job)],
      'complete',
      () => this.writer.completed(job, result),
    );
  }

  /** Ends the run as a processor in stages has decided. */
  private end(run: Run, { kind, write, result, failure, error }: RunOutcome): void {
    const { job } = run;
    if (kind === 'lost' && !run.handedBack) {
      this.hooks.error(error as Error);
    }
    if (!write) {
      this.writer.leave(run);
    } else if (kind === 'completed') {
      this.writer.write(run, write, 'complete', () => this.writer.completed(job, result));
    } else if (kind === 'failed') {
      run.trace?.fail(error);
      this.writer.write(run, write, 'fail', () =>
        this.writer.failed(job, failure as Failure, error as Error),
      );
    } else {
      this.writer.write(run, write, 'give back', () => {});
    }
  }

  /** Never rejects. */
  private async writeFailure(run: Run, error: Error): Promise<void> {
    const { job, token } = run;
    try {
      run.trace?.fail(error);
      const failure = await this.policy.failure(job, error);
      this.writer.write(run, job.failureWrite(failure, token, this.policy.keepFailed(job)), 'fail', () =>
        this.writer.failed(job, failure, error),
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

  private staged(run: Run): SteppedRun {
    run.staged ??= new StagedRun(run, this.policy, this.hooks, this.tracing?.telemetry);
    return run.staged;
  }

  private traced(run: Run): Run {
    if (this.tracing) {
      run.trace ??= this.tracing.process(run.job, this.workerId);
    }
    return run;
  }
}
