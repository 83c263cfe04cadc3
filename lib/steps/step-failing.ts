import { asError, type Failure } from '../job/job-failure.js';
import type { JobWrite, RunExit } from '../job/job-write.js';
import { specialErrorKind } from '../job/special-errors.js';
import { RunOutcome } from '../worker/run-outcome.js';
import type { StepDefinition } from './step-definition.js';
import { UnknownStepError } from './step-errors.js';
import { undoCursor, UNDONE_CURSOR } from './step-ledger.js';
import type { StepWork } from './step-work.js';

/** What becomes of a job whose step has failed: it is tried again, or what was done before is undone and the job fails. */
export class StepFailing {
  constructor(private readonly work: StepWork) {}

  /** Throws what is no failure, such as a `DelayedError`. */
  async failStep(step: StepDefinition, error: Error): Promise<RunOutcome> {
    const { work } = this;
    const { cancelled } = work.run;
    if (cancelled && !work.run.isLockLoss(error)) {
      error = cancelled;
    }
    this.throwIfNoFailure(error);
    const attempt = work.ledger.entry(step.name)?.attempt ?? 1;
    const failure = await work.failureOf(error, step, attempt);
    if (work.isStopped) {
      return RunOutcome.moved();
    }
    return failure.retryDelayMs === undefined
      ? this.giveUp(step.name, failure, error)
      : this.tryAgain(step.name, failure, error);
  }

  /** The job fails while none of its steps runs; undefined when there is nothing to undo. */
  async failBetween(error: Error): Promise<RunOutcome | undefined> {
    const failure = await this.work.failureOf(error, {}, this.work.run.job.attemptsMade + 1);
    const isFinal = failure.retryDelayMs === undefined;
    return isFinal && this.nextToUndo() !== undefined ? this.giveUp('', failure, error) : undefined;
  }

  /** Fails the job where it is; it goes on there after a retry. */
  async park(error: Error): Promise<RunOutcome> {
    const { job, token, keepFailed } = this.work.run;
    const failure = await this.work.failureOf(error, {}, job.attemptsMade + 1);
    return RunOutcome.failed(job.failureWrite(failure, token, keepFailed), failure, error);
  }

  /** Undoes completed steps, the last one first, beginning with one that has begun already. */
  async undo(first: string, error?: Error): Promise<RunOutcome> {
    const { work } = this;
    for (let name = first; ;) {
      const cursor = undoCursor(name);
      const step = work.plan.find(name);
      if (!step?.compensate) {
        return this.park(new UnknownStepError(cursor, work.plan.names));
      }
      let json: string;
      try {
        json = work.encode(step, await this.perform(cursor, step, step.compensate.run));
      } catch (cause) {
        return work.isStopped ? RunOutcome.moved() : this.failUndoing(name, asError(cause), error);
      }
      if (work.isLeft) {
        return RunOutcome.moved();
      }
      const head = work.ledger.end(cursor, 'c', json);
      const next = this.nextToUndo();
      if (next === undefined) {
        return this.failAsKept((way) => work.write(cursor, head, json, UNDONE_CURSOR, '', way), error);
      }
      const nextCursor = undoCursor(next);
      if (work.run.isClosing) {
        return RunOutcome.postponed(work.write(cursor, head, json, nextCursor, '', ['postpone', '0']));
      }
      await work.keep(work.write(cursor, head, json, nextCursor, work.ledger.begin(nextCursor)));
      name = next;
    }
  }

  /** What undoes a step has failed: it is tried again, or the job fails there. */
  async failUndoing(name: string, error: Error, first?: Error): Promise<RunOutcome> {
    const { work } = this;
    this.throwIfNoFailure(error);
    const cursor = undoCursor(name);
    const step = work.plan.find(name);
    const attempt = work.ledger.entry(cursor)?.attempt ?? 1;
    const failure = await work.failureOf(error, { ...step, ...step?.compensate }, attempt);
    if (failure.retryDelayMs !== undefined) {
      return this.tryAgain(cursor, failure, error);
    }
    const head = work.ledger.end(cursor, 'f');
    const reason = JSON.stringify(failure.reason);
    return this.failAsKept((way) => work.write(cursor, head, reason, cursor, '', way), first);
  }

  private perform(cursor: string, step: StepDefinition, run: StepDefinition['run']): Promise<unknown> {
    const { reason } = this.work.ledger.kept;
    return this.work.perform(cursor, { ...step, ...step.compensate }, run, reason);
  }

  private tryAgain(name: string, failure: Failure, error: Error): RunOutcome {
    const { work } = this;
    const reason = JSON.stringify(failure.reason);
    const write = work.write(name, work.ledger.end(name, 'w'), reason, name, '', work.wayOf(failure));
    return RunOutcome.failed(write, failure, error);
  }

  /** No try is left: what was done before is undone, and then the job fails. */
  private async giveUp(name: string, failure: Failure, error: Error): Promise<RunOutcome> {
    const { work } = this;
    const reason = JSON.stringify(failure.reason);
    const head = name === '' ? '' : work.ledger.end(name, 'f');
    const undone = this.nextToUndo();
    if (undone === undefined) {
      return RunOutcome.failed(work.write(name, head, reason, name, '', work.wayOf(failure)), failure, error);
    }
    const cursor = undoCursor(undone);
    const kept = JSON.stringify({
      ...{ reason: failure.reason, stack: failure.stack, exhausted: failure.exhausted },
    });
    work.ledger.failure = kept;
    work.run.beginUndo?.();
    await work.keep(work.write(name, head, reason, cursor, work.ledger.begin(cursor), ['undo', kept]));
    return this.undo(undone, error);
  }

  /** The job fails for the reason for which its steps were undone. */
  private failAsKept(write: (way: RunExit) => JobWrite, error?: Error): RunOutcome {
    const { reason, stack, exhausted } = this.work.ledger.kept;
    const failure: Failure = { reason, stack, exhausted, retryDelayMs: undefined };
    return RunOutcome.failed(write(this.work.wayOf(failure)), failure, error ?? new Error(reason));
  }

  private nextToUndo(): string | undefined {
    const { ledger, plan, run } = this.work;
    if (run.leavesDone) {
      return undefined;
    }
    return ledger.completed().find((name) => plan.find(name)?.compensate !== undefined);
  }

  /** What a step throws to leave its worker: it has not completed, and runs again later. So does one that lost its lock. */
  private throwIfNoFailure(error: Error): void {
    const kind = specialErrorKind(error);
    if (this.work.run.isLockLoss(error) || (kind !== undefined && kind !== 'unrecoverable')) {
      throw error;
    }
  }
}
