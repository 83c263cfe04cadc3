import { LockLostError, UnreadableValueError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { asError, type Failure, type Tries } from '../job/job-failure.js';
import type { JobWrite, RunExit, StepWrite } from '../job/job-write.js';
import { shownKey } from '../job/job-ref.js';
import { encodeJson } from '../job/json.js';
import { CHANGED } from '../job/job-record.js';
import { specialErrorKind } from '../job/special-errors.js';
import type { Telemetry } from '../job/telemetry.js';
import type { WorkObserver } from '../runtime/runtime.js';
import { isObservable, type ObservableLike } from '../worker/follow-observable.js';
import type { SteppedRun } from '../worker/stepped-processor.js';
import { executeStep, followStep } from './execute-step.js';
import { RunContext } from './run-context.js';
import type { StepDefinition, StepFunction, StepTries } from './step-definition.js';
import { StepResultTooLargeError } from './step-errors.js';
import { StepLedger, stepOfUndo } from './step-ledger.js';
import type { StepPlan } from './step-plan.js';

const MAX_RESULT_BYTES = 1024 * 1024;
const SMALL = 4096;
const NOTHING = Promise.resolve('');

/** The lock is gone, or Redis refuses for good: nothing more can be done on behalf of this run. */
export class Refused extends Error {
  constructor(readonly reason: Error) {
    super(reason.message);
  }
}

/** Performs the steps of one run, and writes on its behalf. What comes when is decided elsewhere. */
export class StepWork {
  /** Another has taken over: what a step still returns is nobody's business. */
  isStopped = false;
  /** The last write: the script's word. */
  written: Promise<string> = NOTHING;
  /** When that was sent. */
  private sentAt = 0;
  /** Of the step that runs, where nobody follows it to its end. */
  private started: RunContext | undefined;
  /** Whether the step that runs is the first, whose end may take along its start. */
  private isBegunByEnd = false;

  constructor(
    readonly plan: StepPlan,
    readonly run: SteppedRun,
    public ledger = new StepLedger(run.job.stepFields ?? {}),
  ) {}

  /** Ends this work, and returns one that goes on with what was done by then. */
  async handOver(): Promise<StepWork> {
    this.isStopped = true;
    await this.written.catch(() => {});
    return new StepWork(this.plan, this.run, this.ledger);
  }

  /** Whether the run is over for whoever waited for a step of it. */
  get isLeft(): boolean {
    return this.isStopped || this.run.job.moved;
  }

  /** Runs what is at the cursor, a step or what undoes one. What it returns, or comes to, may have to be followed yet, see `follow`. */
  start(name: string, { timeout }: StepTries, work: StepFunction, failedReason?: string): unknown {
    const { job, telemetry } = this.run;
    const attempt = this.ledger.entry(name)?.attempt ?? 1;
    const context = new RunContext(name, attempt, this, timeout !== undefined, failedReason);
    const isWatched = timeout !== undefined || telemetry !== undefined || job.runtime.observer !== undefined;
    this.started = isWatched ? undefined : context;
    return isWatched ? this.performWatched(context, work, timeout) : work(job, context);
  }

  /** What the step that was started has come to: of an Observable its last value, once it has completed. */
  follow(returned: ObservableLike): unknown {
    return this.started ? followStep(this.run.job, this.started, returned) : returned;
  }

  /** As `start`, to its end. */
  async perform(...what: Parameters<StepWork['start']>): Promise<unknown> {
    const returned = await this.start(...what);
    return isObservable(returned) ? this.follow(returned) : returned;
  }

  private performWatched(
    context: RunContext,
    work: StepFunction,
    timeout: number | undefined,
  ): Promise<unknown> {
    const { telemetry, job } = this.run;
    const { step: name, attempt } = context;
    const execute = (): Promise<unknown> => executeStep(job, context, work, timeout);
    const told = telemetry
      ? (): Promise<unknown> => traced(telemetry, { job, name, attempt }, execute)
      : execute;
    const { observer } = job.runtime;
    return observer ? this.performObserved(observer, name, told) : told();
  }

  /** Where a test has the process killed, nothing more is done or written on behalf of this run. */
  private async performObserved(
    observer: WorkObserver,
    name: string,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    this.passes(observer, `before ${name}`);
    const returned = await work();
    this.passes(observer, `after the effect of ${name}`);
    return returned;
  }

  private passes(observer: WorkObserver, point: string): void {
    const { job } = this.run;
    this.isStopped ||= observer.dies(shownKey(job), point);
    if (this.isStopped) {
      throw new Error('The run is over.');
    }
  }

  /** JSON of the outcome of a step, if it may be kept. */
  encode({ name, maxResultBytes }: StepDefinition, value: unknown): string {
    const json = encodeJson(`The result of step ${name}`, value, 'null', this.run.job.codec);
    const limit = maxResultBytes ?? this.run.job.opts.sizeLimit ?? MAX_RESULT_BYTES;
    if (json.length * 3 <= limit) {
      return json;
    }
    const bytes = Buffer.byteLength(json);
    if (bytes > limit) {
      throw new StepResultTooLargeError(name, bytes, limit);
    }
    return json;
  }

  failureOf(error: Error, { attempts, backoff, retryDelay }: StepTries, made: number): Promise<Failure> {
    const { opts } = this.run.job;
    const tries: Tries = {
      made,
      attempts: attempts ?? opts.attempts,
      backoff: backoff ?? opts.backoff,
      retryDelay,
    };
    return this.run.failure(error, tries);
  }

  /** The end of a step, not yet written. */
  write(
    ...[name, head, value, next, nextHead, way = []]: [
      name: string,
      head: string,
      value: string,
      next: string,
      nextHead: string,
      way?: RunExit,
    ]
  ): StepWrite {
    const { job, token } = this.run;
    return ['step', job.id, token, name, head, value, next, nextHead, way];
  }

  /** In which way a job leaves its worker that has failed, or is tried again. */
  wayOf(failure: Failure): RunExit {
    const { job, token, keepFailed } = this.run;
    const [operation, , , ...operands] = job.failureWrite(failure, token, keepFailed);
    return [operation, ...operands] as unknown as RunExit;
  }

  /** Starts what the ledger has begun. Joins the next call, and nobody waits for it: what ends the step does without. */
  tellBegun(name: string, head: string, from: string, anew: boolean): void {
    const { job, token } = this.run;
    job.writeAlone(['begin-step', job.id, token, name, head, from, anew ? '1' : '']);
    // The end of the first step says that it has begun, unless something else was to be said of it.
    this.isBegunByEnd = from === '' && !anew;
  }

  /** Ends a step with a result, and starts the next one. The word of `written` is to be handed to `accept`. */
  pass(name: string, json: string, next: string): void {
    const { job, token } = this.run;
    this.ledger.pass(name, json, next);
    this.sentAt = job.runtime.monotonicMs();
    // A large one would make its call larger than it was reckoned to be.
    const takesPlace = this.isBegunByEnd && json.length < SMALL;
    this.isBegunByEnd = false;
    this.written = job.write(['pass-step', job.id, token, name, json, next], takesPlace);
  }

  /** Writes, and returns the script's word; throws `Refused` when the lock is gone. */
  async keep(write: JobWrite): Promise<string> {
    const { job } = this.run;
    this.sentAt = job.runtime.monotonicMs();
    const written = job.write(write);
    this.written = written;
    const word = await written.catch((error: unknown) => {
      throw new Refused(asError(error));
    });
    this.accept(word, write[0] === 'step' ? write[3] : undefined);
    return word;
  }

  /**
   * What Redis says of a write; throws `Refused` when the lock is gone.
   * @param step that has ended with it
   */
  accept(word: string, step: string | undefined): void {
    const { job } = this.run;
    if (word === 'stale' || word === 'missing' || word === 'not-active') {
      throw new Refused(new LockLostError(job.id, 'keep a step of'));
    }
    if (word === 'unreadable') {
      throw new Refused(new UnreadableValueError(`Job ${job.id}`, CHANGED));
    }
    this.run.kept(this.sentAt);
    if (step !== undefined) {
      this.isStopped ||= job.runtime.observer?.dies(shownKey(job), `after ${step}`) ?? false;
    }
  }

  /** Reads what a script has changed by itself. */
  async reload(): Promise<void> {
    const { job } = this.run;
    const fields = await job.readFields().catch((error: unknown) => {
      throw new Refused(asError(error));
    });
    if (!fields) {
      throw new Refused(new LockLostError(job.id, 'go on with'));
    }
    this.ledger = new StepLedger(fields);
  }
}

async function traced(
  telemetry: Telemetry,
  { job, name, attempt }: { job: Job; name: string; attempt: number },
  work: () => Promise<unknown>,
): Promise<unknown> {
  const undone = stepOfUndo(name);
  const trace = telemetry.begin({
    ...{ kind: undone === undefined ? 'step' : 'compensate', job, step: undone ?? name, attempt },
  });
  try {
    const returned = await trace.with(work);
    trace.end('completed');
    return returned;
  } catch (error) {
    const kind = specialErrorKind(error);
    if (kind === undefined || kind === 'unrecoverable') {
      trace.fail(error);
      trace.end('failed');
    } else {
      trace.end('moved');
    }
    throw error;
  }
}
