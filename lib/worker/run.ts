import { cancelledError, type Cancellation } from '../job/cancellation.js';
import { type JobCancelledError, LockLostError, WorkerClosingError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import type { Trace, TracedEnd, TracedOutcome } from '../job/telemetry.js';
import type { Timer } from '../runtime/runtime.js';
import type { SteppedRun } from './stepped-processor.js';

/** How far a chain of causes is followed. */
const CAUSES = 5;

/** One activation of a job in this process. */
export class Run {
  /** Given back to the queue unfinished: whatever its processor still comes to is nobody's business. */
  handedBack = false;
  /** Counts what it has done so far: what an earlier turn comes to no longer matters. */
  turn = 0;
  /** Ends the run when it takes too long. */
  timer: Timer | undefined;
  /** Where telemetry is notified of it, or a context is carried. */
  trace: Trace | undefined;
  /** Until when Redis has promised to keep its lock, by `runtime.monotonicMs`. */
  lockedUntil = 0;
  /** What a processor in stages sees of it. */
  staged: SteppedRun | undefined;
  private controller: AbortController | undefined;
  private reason: Error | undefined;
  /** Why the job fails whatever the work comes to, once it was cancelled. */
  cancelled: JobCancelledError | undefined;
  /** Set once its outcome is on the way to Redis: losing the lock is then no news. */
  isEnding = false;

  constructor(
    readonly job: Job,
    readonly token: string,
  ) {}

  /** Made when first asked for. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.reason) {
      this.abort(this.reason);
    }
    return this.controller.signal;
  }

  /** Its outcome is on the way. */
  end(outcome: TracedOutcome, what?: TracedEnd): void {
    this.isEnding = true;
    this.timer?.cancel();
    const { trace } = this;
    if (trace) {
      this.trace = { with: trace.with, fail: () => {}, end: () => {} };
      trace.end(outcome, what);
    }
  }

  get isAborted(): boolean {
    return this.reason !== undefined;
  }

  /** Whether it was aborted because its lock was lost. */
  get isLost(): boolean {
    return this.reason instanceof LockLostError;
  }

  abort(reason: Error): void {
    this.reason ??= reason;
    this.controller?.abort(reason);
  }

  /** The job was cancelled: its work is aborted, and it fails. */
  cancel(cancellation: Cancellation): void {
    if (this.isEnding || this.cancelled) {
      return;
    }
    this.job.cancellation = cancellation;
    this.cancelled = cancelledError(cancellation);
    this.abort(this.cancelled);
  }

  /** What undoes the work begins. Why that was aborted does not concern it, unless the run itself is over. */
  beginUndo(): void {
    if (!this.isLost && !(this.reason instanceof WorkerClosingError)) {
      this.reason = undefined;
      this.controller = undefined;
    }
  }

  /** Whether an error says no more than that the signal was aborted because the lock was lost. */
  isLockLoss(error: unknown): boolean {
    if (!this.isLost) {
      return false;
    }
    let cause = error;
    for (let depth = 0; depth < CAUSES && cause !== undefined && cause !== null; depth += 1) {
      if (cause === this.reason) {
        return true;
      }
      ({ cause } = cause as { cause?: unknown });
    }
    return false;
  }
}
