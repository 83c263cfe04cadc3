import type { Runtime } from '../runtime/runtime.js';
import type { Job } from '../job/job.js';
import { asError } from '../job/job-failure.js';
import { decodeStepValue } from '../job/job-steps.js';
import { decodeValue, encodeJson } from '../job/json.js';
import { UnrecoverableError } from '../job/special-errors.js';
import { isObservable } from '../worker/follow-observable.js';
import { RunOutcome } from '../worker/run-outcome.js';
import { ChildrenWait, Done, Outcome, SignalWait, Sleep } from './outcomes.js';
import type { StepDefinition } from './step-definition.js';
import { UnknownStepError } from './step-errors.js';
import { StepFailing } from './step-failing.js';
import { endCursor } from './step-ledger.js';
import { Refused, type StepWork } from './step-work.js';

/**
 * Takes a job through its steps, from where its cursor is to where it leaves this worker. After each step there is one
 * write, which keeps its result, moves the cursor and starts the next step; the last one ends the run instead.
 */
export class StepRun {
  private readonly failing: StepFailing;

  constructor(
    private readonly work: StepWork,
    private hasBegun = false,
  ) {
    this.failing = new StepFailing(work);
  }

  /** Rejects only with what a step threw that is no failure, such as a `DelayedError`. */
  start(): Promise<RunOutcome> {
    this.hasBegun = true;
    return untilRefused(() => this.resume());
  }

  /** Ends this run, whatever its step still returns. Returns one that knows what was done, and can go on to undo it. */
  async takeOver(): Promise<StepRun> {
    return new StepRun(await this.work.handOver(), this.hasBegun);
  }

  /** Fails the job for a reason from outside; undefined when the steps have no part in that. */
  fail(error: Error): Promise<RunOutcome | undefined> {
    return untilRefused(async () => {
      const { ledger, plan } = this.work;
      const { place, cursor } = ledger;
      if (place.kind === 'start') {
        // What an earlier life of the job has done stays done.
        return undefined;
      }
      if (place.kind === 'undo') {
        // A child that failed says no more than that the job is to fail, which it does already.
        const isNews = this.hasBegun || storedDeferral(this.work.run.job) === undefined;
        return isNews ? this.failing.failUndoing(place.name, error) : this.resume();
      }
      const step = place.kind === 'step' ? plan.find(place.name) : undefined;
      const letter = ledger.entry(cursor)?.letter;
      if (!step || letter === undefined || letter === 'c') {
        return this.failing.failBetween(error);
      }
      if (step.name !== cursor) ledger.rename(step.name);
      return this.failing.failStep(step, error);
    });
  }

  private resume(): RunOutcome | Promise<RunOutcome> {
    return this.work.ledger.isAwaiting ? this.endWait() : this.resumeAtCursor();
  }

  private async endWait(): Promise<RunOutcome> {
    const { work } = this;
    if ((await work.keep(['end-wait', work.run.job.id, work.run.token])) === 'ok') {
      return RunOutcome.moved();
    }
    await work.reload();
    return this.resumeAtCursor();
  }

  private resumeAtCursor(): RunOutcome | Promise<RunOutcome> {
    const { work } = this;
    const { place, cursor } = work.ledger;
    switch (place.kind) {
      case 'start':
        return this.forward(this.begin(work.plan.first, cursor, work.ledger.forget()));
      case 'end':
        return this.finish(place.name);
      case 'undo':
        work.tellBegun(cursor, work.ledger.begin(cursor), cursor, false);
        return this.failing.undo(place.name);
      case 'step': {
        const step = work.plan.find(place.name);
        return step
          ? this.forward(this.begin(step, cursor, false))
          : this.failing.park(new UnknownStepError(place.name, work.plan.names));
      }
    }
  }

  // Of a plain step nothing but what it returns and what Redis says is awaited: each further asynchronous function would show in the time of a step.
  private async forward(first: StepDefinition): Promise<RunOutcome> {
    const { work } = this;
    for (let step = first; ;) {
      let returned: unknown;
      try {
        returned = await work.start(step.name, step, step.run);
        if (isObservable(returned)) returned = await work.follow(returned);
      } catch (error) {
        return work.isStopped ? RunOutcome.moved() : this.failing.failStep(step, asError(error));
      }
      if (work.isLeft) {
        return RunOutcome.moved();
      }
      const left = this.leave(step, returned);
      const next = left instanceof Promise ? await left : left;
      if (next instanceof RunOutcome) {
        return next;
      }
      if (next === left) {
        let word: string;
        try {
          word = await work.written;
        } catch (error) {
          throw new Refused(asError(error));
        }
        work.accept(word, step.name);
        if (work.isStopped) {
          return RunOutcome.moved();
        }
      }
      step = next;
      if (work.run.cancelled) {
        return this.failing.failStep(step, work.run.cancelled);
      }
    }
  }

  /**
   * Goes on from a step that has returned: returns the next one, or how the run ends. The next one has begun, or, where it is returned without a
   * promise, begins once what this has written is kept.
   */
  private leave(
    step: StepDefinition,
    returned: unknown,
  ): StepDefinition | RunOutcome | Promise<StepDefinition | RunOutcome> {
    const { work } = this;
    let json: string;
    let next: StepDefinition | undefined;
    try {
      json = returned instanceof SignalWait ? '' : work.encode(step, valueOf(returned));
      next = this.after(step, returned);
    } catch (error) {
      return this.failing.failStep(step, asError(error));
    }
    if (returned instanceof Sleep || returned instanceof ChildrenWait || returned instanceof SignalWait) {
      return this.wait(step, returned, json, next);
    }
    if (!next) {
      return this.complete(step, json);
    }
    if (work.run.isClosing) {
      return this.postpone(step, json, next.name, '0');
    }
    if (!work.ledger.isPlain(step.name, next.name)) {
      return this.goOn(step, json, next);
    }
    work.pass(step.name, json, next.name);
    return next;
  }

  /** The last step has ended, and the job with it. */
  private complete({ name }: StepDefinition, json: string): RunOutcome {
    const { ledger, run } = this.work;
    const { job, token, keepCompleted } = run;
    const result = decodeValue('The result', json, job.codec);
    if (ledger.isPlain(name)) {
      return RunOutcome.completed(['last-step', job.id, token, name, json, keepCompleted], result);
    }
    const way = ['complete', json, keepCompleted] as const;
    const head = ledger.headOf(name, 'c');
    return RunOutcome.completed(this.work.write(name, head, '', endCursor(name), '', way), result);
  }

  private async goOn(
    step: StepDefinition,
    json: string,
    next: StepDefinition,
  ): Promise<StepDefinition | RunOutcome> {
    const { work } = this;
    const head = work.ledger.end(step.name, 'c', json);
    await work.keep(work.write(step.name, head, json, next.name, work.ledger.begin(next.name)));
    return work.isStopped ? RunOutcome.moved() : next;
  }

  private postpone(step: StepDefinition, json: string, cursor: string, ms: string): RunOutcome {
    const head = this.work.ledger.end(step.name, 'c', json);
    return RunOutcome.postponed(this.work.write(step.name, head, json, cursor, '', ['postpone', ms]));
  }

  private wait(
    step: StepDefinition,
    returned: Sleep<unknown> | ChildrenWait<unknown> | SignalWait<unknown>,
    json: string,
    next: StepDefinition | undefined,
  ): RunOutcome | Promise<StepDefinition | RunOutcome> {
    const { work } = this;
    const cursor = next?.name ?? endCursor(step.name);
    if (returned instanceof SignalWait) {
      return this.awaitSignal(step, returned, cursor, next);
    }
    return returned instanceof Sleep
      ? this.postpone(step, json, cursor, sleepMs(returned, work.run.job.runtime))
      : this.awaitChildren(step, work.ledger.end(step.name, 'c', json), json, next);
  }

  private async awaitSignal(
    step: StepDefinition,
    { signal, timeoutMs }: SignalWait<unknown>,
    cursor: string,
    next: StepDefinition | undefined,
  ): Promise<StepDefinition | RunOutcome> {
    const { work } = this;
    const head = work.ledger.end(step.name, 'a');
    const timeout = timeoutMs === undefined ? '' : String(Math.ceil(timeoutMs));
    const write = work.write(step.name, head, '', cursor, '', ['await-signal', signal, timeout]);
    if ((await work.keep(write)) === 'ok' || work.isStopped) {
      return RunOutcome.moved();
    }
    await work.reload();
    return next ? this.begin(next, cursor, false) : this.finish(step.name);
  }

  private async awaitChildren(
    step: StepDefinition,
    head: string,
    json: string,
    next: StepDefinition | undefined,
  ): Promise<StepDefinition | RunOutcome> {
    const { work } = this;
    const cursor = next?.name ?? endCursor(step.name);
    const nextHead = next ? work.ledger.begin(next.name) : '';
    const word = await work.keep(work.write(step.name, head, json, cursor, nextHead, ['wait-children']));
    if (word === 'ok' || work.isStopped) {
      return RunOutcome.moved();
    }
    if (word === 'child-failed' || word === 'cancelled') {
      await work.reload();
      return this.failing.failStep(step, new UnrecoverableError('A child of the job has failed.'));
    }
    return next ?? this.finish(step.name);
  }

  /** Every step is done: the job's result is that of the last one. */
  private finish(name: string): RunOutcome {
    const { run, ledger } = this.work;
    const value = ledger.value(name);
    const result = value === undefined ? null : decodeStepValue(value, run.job.codec);
    const json = encodeJson('The result', result, 'null', run.job.codec);
    return RunOutcome.completed(['complete', run.job.id, run.token, json, run.keepCompleted], result);
  }

  private after(step: StepDefinition, returned: unknown): StepDefinition | undefined {
    const { plan } = this.work;
    if (returned instanceof Outcome && returned.to !== undefined) {
      return plan.get(returned.to);
    }
    return returned instanceof Done ? undefined : plan.after(step);
  }

  private begin(step: StepDefinition, from: string, anew: boolean): StepDefinition {
    const { ledger } = this.work;
    if (step.name !== from && ledger.place.kind === 'step') {
      ledger.rename(step.name);
    }
    this.work.tellBegun(step.name, ledger.begin(step.name), from, anew);
    return step;
  }
}

async function untilRefused<T>(work: () => T | Promise<T>): Promise<T | RunOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) {
      return RunOutcome.lost(error.reason);
    }
    throw error;
  }
}

function storedDeferral({ stepFields }: Job): string | undefined {
  return (stepFields as Record<string, string | undefined> | undefined)?.deferred;
}

function valueOf(returned: unknown): unknown {
  return returned instanceof Outcome ? returned.value : returned;
}

function sleepMs({ until }: Sleep<unknown>, runtime: Runtime): string {
  const ms = until instanceof Date ? until.getTime() - runtime.now() : until;
  return String(Math.max(Math.ceil(ms), 0));
}
