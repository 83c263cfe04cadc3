import { LockLostError } from '../job/errors.js';
import { asError, type Failure, type Tries } from '../job/job-failure.js';
import { decodeStepValue } from '../job/job-steps.js';
import type { JobWrite, StepWay, StepWrite } from '../job/job-write.js';
import { decodeJson, encodeJson } from '../job/json.js';
import { specialErrorKind, UnrecoverableError } from '../job/special-errors.js';
import { Ending } from '../worker/ending.js';
import type { StagedRun } from '../worker/staged-processor.js';
import { executeStep } from './execute-step.js';
import { ChildrenWait, Done, Outcome, SignalWait, Sleep } from './outcomes.js';
import { RunContext } from './run-context.js';
import type { StepDefinition, StepTries } from './step-definition.js';
import { StepResultTooLargeError, UnknownStepError } from './step-errors.js';
import { endCursor, StepLedger, undoCursor, UNDONE_CURSOR } from './step-ledger.js';
import type { StepPlan } from './step-plan.js';

const MAX_RESULT_BYTES = 1024 * 1024;

/** The lock is gone, or Redis refuses for good: nothing more can be done on behalf of this run. */
class Refused extends Error {
  constructor(readonly reason: Error) {
    super(reason.message);
  }
}

/**
 * Takes a job through its steps, from where its cursor is to where it leaves this worker. After each step there is one
 * write, which keeps its result, moves the cursor and starts the next step; the last one ends the run instead.
 */
export class StepRun {
  private isStopped = false;
  /** The write on its way. */
  private writing: Promise<unknown> | undefined;

  constructor(
    private readonly plan: StepPlan,
    private readonly run: StagedRun,
    private ledger = new StepLedger(run.job.stepFields ?? {}),
  ) {}

  /** Rejects only with what a step threw that is no failure, such as a `DelayedError`. */
  start(): Promise<Ending> {
    return this.untilRefused(() => this.resume());
  }

  /** Ends this run, whatever its step still comes to. Answers one that knows what was done, and can go on to undo it. */
  async takeOver(): Promise<StepRun> {
    this.isStopped = true;
    await this.writing?.catch(() => {});
    return new StepRun(this.plan, this.run, this.ledger);
  }

  /** Fails the job for a reason from outside; undefined when the steps have no part in that. */
  fail(error: Error): Promise<Ending | undefined> {
    return this.untilRefused(async () => {
      const { place } = this.ledger;
      if (place.kind === 'undo') {
        return this.failUndoing(place.name, error);
      }
      const step = place.kind === 'step' ? this.plan.find(place.name) : undefined;
      const entry = place.kind === 'step' ? this.ledger.entry(place.name) : undefined;
      if (step && entry && entry.letter !== 'c') {
        if (step.name !== this.ledger.cursor) this.ledger.rename(step.name);
        return this.failStep(step, error);
      }
      const failure = await this.failureOf(error, {}, this.run.job.attemptsMade + 1);
      const isFinal = failure.retryDelayMs === undefined;
      return isFinal && this.nextToUndo() !== undefined ? this.giveUp('', failure, error) : undefined;
    });
  }

  private async resume(): Promise<Ending> {
    if (this.ledger.isAwaiting) {
      const { id } = this.run.job;
      if ((await this.keep(['end-wait', id, this.run.token])) === 'ok') {
        return Ending.moved();
      }
      await this.reload();
    }
    const { place, cursor } = this.ledger;
    switch (place.kind) {
      case 'start':
        return this.forward(this.begin(this.plan.first, cursor, this.ledger.forget()));
      case 'end':
        return this.finish(place.name);
      case 'undo':
        this.tellBegin(cursor, this.ledger.begin(cursor), cursor, false);
        return this.undo(place.name);
      case 'step': {
        const step = this.plan.find(place.name);
        return step
          ? this.forward(this.begin(step, cursor, false))
          : this.park(new UnknownStepError(place.name, this.plan.names));
      }
    }
  }

  private async forward(first: StepDefinition): Promise<Ending> {
    for (let step = first; ;) {
      let returned: unknown;
      try {
        returned = await this.execute(step.name, step, step.run);
      } catch (error) {
        return this.isStopped ? Ending.moved() : this.failStep(step, asError(error));
      }
      if (this.isStopped || this.run.job.moved) {
        return Ending.moved();
      }
      const next = await this.leave(step, returned);
      if (next instanceof Ending) {
        return next;
      }
      step = next;
    }
  }

  private execute(name: string, { timeout }: StepTries, run: StepDefinition['run'], failedReason?: string) {
    const { attempt } = this.ledger.entry(name)!;
    const context = new RunContext(
      ...([name, attempt, this.run, this.plan, this.ledger] as const),
      ...([timeout !== undefined, failedReason] as const),
    );
    return executeStep(this.run.job, context, run, timeout);
  }

  /** Goes on from a step that has returned: answers the next one, which has begun, or how the run ends. */
  private async leave(step: StepDefinition, returned: unknown): Promise<StepDefinition | Ending> {
    let json: string;
    let next: StepDefinition | undefined;
    try {
      json = returned instanceof SignalWait ? '' : this.encode(step, valueOf(returned));
      next = this.after(step, returned);
    } catch (error) {
      return this.failStep(step, asError(error));
    }
    if (returned instanceof SignalWait) {
      return this.awaitSignal(step, returned, next);
    }
    if (returned instanceof ChildrenWait) {
      return this.awaitChildren(step, json, next);
    }
    const cursor = next?.name ?? endCursor(step.name);
    const head = this.ledger.end(step.name, 'c', json);
    if (returned instanceof Sleep) {
      return Ending.postponed(this.write(step.name, head, json, cursor, '', ['postpone', sleepMs(returned)]));
    }
    if (!next) {
      const way = ['complete', json, this.run.keepCompleted] as const;
      return Ending.completed(this.write(step.name, head, '', cursor, '', way), decodeJson(json));
    }
    if (this.run.isClosing) {
      return Ending.postponed(this.write(step.name, head, json, cursor, '', ['postpone', '0']));
    }
    await this.keep(this.write(step.name, head, json, cursor, this.ledger.begin(next.name)));
    return this.isStopped ? Ending.moved() : next;
  }

  private async awaitSignal(
    step: StepDefinition,
    { signal, timeoutMs }: SignalWait<unknown>,
    next: StepDefinition | undefined,
  ): Promise<StepDefinition | Ending> {
    const head = this.ledger.end(step.name, 'a');
    const way = [
      'await-signal',
      signal,
      String(timeoutMs === undefined ? '' : Math.ceil(timeoutMs)),
    ] as const;
    const cursor = next?.name ?? endCursor(step.name);
    const word = await this.keep(this.write(step.name, head, '', cursor, '', way));
    if (word === 'ok') {
      return Ending.moved();
    }
    await this.reload();
    return next ? this.begin(next, cursor, false) : this.finish(step.name);
  }

  private async awaitChildren(
    step: StepDefinition,
    json: string,
    next: StepDefinition | undefined,
  ): Promise<StepDefinition | Ending> {
    const head = this.ledger.end(step.name, 'c', json);
    const cursor = next?.name ?? endCursor(step.name);
    const nextHead = next ? this.ledger.begin(next.name) : '';
    const word = await this.keep(this.write(step.name, head, json, cursor, nextHead, ['wait-children']));
    if (word === 'ok') {
      return Ending.moved();
    }
    if (word === 'child-failed') {
      await this.reload();
      return this.failStep(step, new UnrecoverableError('A child of the job has failed.'));
    }
    return next ?? this.finish(step.name);
  }

  /** Every step is done: the job's result is that of the last one. */
  private finish(name: string): Ending {
    const { id } = this.run.job;
    const value = this.ledger.value(name);
    const result = value === undefined ? null : decodeStepValue(value);
    const json = encodeJson('The result', result, 'null');
    return Ending.completed(['complete', id, this.run.token, json, this.run.keepCompleted], result);
  }

  private async failStep(step: StepDefinition, error: Error): Promise<Ending> {
    if (isNoFailure(error)) {
      throw error;
    }
    const entry = this.ledger.entry(step.name)!;
    const failure = await this.failureOf(error, step, entry.attempt);
    if (this.isStopped) {
      return Ending.moved();
    }
    if (failure.retryDelayMs === undefined) {
      return this.giveUp(step.name, failure, error);
    }
    return this.tryAgain(step.name, failure, error);
  }

  private tryAgain(name: string, failure: Failure, error: Error): Ending {
    const head = this.ledger.end(name, 'w');
    const write = this.write(name, head, JSON.stringify(failure.reason), name, '', this.wayOf(failure));
    return Ending.failed(write, failure, error);
  }

  /** No try is left: what was done before is undone, and then the job fails. */
  private async giveUp(name: string, failure: Failure, error: Error): Promise<Ending> {
    const reason = JSON.stringify(failure.reason);
    const head = name === '' ? '' : this.ledger.end(name, 'f');
    const undone = this.nextToUndo();
    if (undone === undefined) {
      return Ending.failed(this.write(name, head, reason, name, '', this.wayOf(failure)), failure, error);
    }
    const cursor = undoCursor(undone);
    const kept = JSON.stringify({
      reason: failure.reason,
      stack: failure.stack,
      exhausted: failure.exhausted,
    });
    this.ledger.failure = kept;
    await this.keep(this.write(name, head, reason, cursor, this.ledger.begin(cursor), ['undo', kept]));
    return this.undo(undone, error);
  }

  /** Undoes completed steps, the last one first, beginning with one that has begun already. */
  private async undo(first: string, error?: Error): Promise<Ending> {
    for (let name = first; ;) {
      const cursor = undoCursor(name);
      const step = this.plan.find(name);
      const compensation = step?.compensate;
      if (!compensation) {
        return this.park(new UnknownStepError(cursor, this.plan.names));
      }
      let json: string;
      try {
        const { reason } = this.ledger.kept;
        const tries = { ...step, ...compensation };
        json = this.encode(step, valueOf(await this.execute(cursor, tries, compensation.run, reason)));
      } catch (cause) {
        return this.isStopped ? Ending.moved() : this.failUndoing(name, asError(cause), error);
      }
      if (this.isStopped || this.run.job.moved) {
        return Ending.moved();
      }
      const head = this.ledger.end(cursor, 'c', json);
      const next = this.nextToUndo();
      if (next === undefined) {
        return this.failAsKept((way) => this.write(cursor, head, json, UNDONE_CURSOR, '', way), error);
      }
      const nextCursor = undoCursor(next);
      await this.keep(this.write(cursor, head, json, nextCursor, this.ledger.begin(nextCursor)));
      name = next;
    }
  }

  private async failUndoing(name: string, error: Error, first?: Error): Promise<Ending> {
    if (isNoFailure(error)) {
      throw error;
    }
    const cursor = undoCursor(name);
    const step = this.plan.find(name);
    const attempt = this.ledger.entry(cursor)?.attempt ?? 1;
    const failure = await this.failureOf(error, { ...step, ...step?.compensate }, attempt);
    if (failure.retryDelayMs !== undefined) {
      return this.tryAgain(cursor, failure, error);
    }
    const head = this.ledger.end(cursor, 'f');
    const reason = JSON.stringify(failure.reason);
    return this.failAsKept((way) => this.write(cursor, head, reason, cursor, '', way), first);
  }

  /** The job fails for the reason for which its steps were undone. */
  private failAsKept(write: (way: StepWay) => JobWrite, error?: Error): Ending {
    const { reason, stack, exhausted } = this.ledger.kept;
    const failure: Failure = { reason, stack, exhausted, retryDelayMs: undefined };
    return Ending.failed(write(this.wayOf(failure)), failure, error ?? new Error(reason));
  }

  /** Fails the job where it is; it goes on there after a retry. */
  private async park(error: Error): Promise<Ending> {
    const { job, token, keepFailed } = this.run;
    const failure = await this.failureOf(error, {}, job.attemptsMade + 1);
    return Ending.failed(job.failureWrite(failure, token, keepFailed), failure, error);
  }

  private nextToUndo(): string | undefined {
    return this.ledger.completed().find((name) => this.plan.find(name)?.compensate !== undefined);
  }

  private after(step: StepDefinition, returned: unknown): StepDefinition | undefined {
    if (returned instanceof Outcome && returned.to !== undefined) {
      return this.plan.get(returned.to);
    }
    return returned instanceof Done ? undefined : this.plan.after(step);
  }

  private encode(step: StepDefinition, value: unknown): string {
    const json = encodeJson(`The result of step ${step.name}`, value, 'null');
    const limit = step.maxResultBytes ?? this.run.job.opts.sizeLimit ?? MAX_RESULT_BYTES;
    const bytes = Buffer.byteLength(json);
    if (bytes > limit) {
      throw new StepResultTooLargeError(step.name, bytes, limit);
    }
    return json;
  }

  private failureOf(error: Error, { attempts, backoff }: StepTries, made: number): Promise<Failure> {
    const { opts } = this.run.job;
    const tries: Tries = { made, attempts: attempts ?? opts.attempts, backoff: backoff ?? opts.backoff };
    return this.run.failure(error, tries);
  }

  private wayOf(failure: Failure): StepWay {
    const { job, token, keepFailed } = this.run;
    const [operation, , , ...operands] = job.failureWrite(failure, token, keepFailed);
    return [operation, ...operands] as unknown as StepWay;
  }

  private begin(step: StepDefinition, from: string, anew: boolean): StepDefinition {
    if (step.name !== from && this.ledger.place.kind === 'step') {
      this.ledger.rename(step.name);
    }
    this.tellBegin(step.name, this.ledger.begin(step.name), from, anew);
    return step;
  }

  /** Joins the next call, and nobody waits for it: what ends the step does without. */
  private tellBegin(name: string, head: string, from: string, anew: boolean): void {
    const { job, token } = this.run;
    job.write(['begin-step', job.id, token, name, head, from, anew ? '1' : '']).catch(() => {});
  }

  private write(
    ...[name, head, value, next, nextHead, way = []]: [
      name: string,
      head: string,
      value: string,
      next: string,
      nextHead: string,
      way?: StepWay,
    ]
  ): StepWrite {
    const { job, token } = this.run;
    return ['step', job.id, token, name, head, value, next, nextHead, String(way.length), ...way];
  }

  /** Answers the script's word; throws `Refused` when the lock is gone. */
  private async keep(write: JobWrite): Promise<string> {
    const { job } = this.run;
    const written = job.write(write);
    this.writing = written;
    const word = await written.catch((error: unknown) => {
      throw new Refused(asError(error));
    });
    if (word === 'stale' || word === 'missing' || word === 'not-active') {
      throw new Refused(new LockLostError(job.id, 'keep a step of'));
    }
    return word;
  }

  private async reload(): Promise<void> {
    const { job } = this.run;
    const fields = await job.readFields().catch((error: unknown) => {
      throw new Refused(asError(error));
    });
    if (!fields) {
      throw new Refused(new LockLostError(job.id, 'go on with'));
    }
    this.ledger = new StepLedger(fields);
  }

  private async untilRefused<T>(work: () => Promise<T>): Promise<T | Ending> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused) {
        return Ending.lost(error.reason);
      }
      throw error;
    }
  }
}

function valueOf(returned: unknown): unknown {
  return returned instanceof Outcome ? returned.value : returned;
}

function sleepMs({ until }: Sleep<unknown>): string {
  const ms = until instanceof Date ? until.getTime() - Date.now() : until;
  return String(Math.max(Math.ceil(ms), 0));
}

/** What a step throws to leave its worker: it has not completed, and runs again later. */
function isNoFailure(error: Error): boolean {
  const kind = specialErrorKind(error);
  return kind !== undefined && kind !== 'unrecoverable';
}
