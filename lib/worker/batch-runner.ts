import { specialErrorKind, UnrecoverableError } from '../job/special-errors.js';
import type { Job } from '../job/job.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { Batch } from './batch.js';
import type { BatchOptions } from './batch-options.js';
import { isObservable } from './follow-observable.js';
import type { Run } from './run.js';
import { LATE_SIGNAL, type MaybeLate } from './takes-signal.js';
import type { BatchProcessor, Processor } from './worker-options.js';

type Outcome = { error: unknown } | { result: unknown };

interface Member {
  job: Job;
  signal: () => AbortSignal;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** Marks what looks at a job before it joins a batch: where it throws, the job fails alone. */
export const CHECKS = Symbol('stepwell.checks');

export interface MaybeChecked {
  readonly [CHECKS]?: (job: Job) => void;
}

export interface BatchRunnerHooks {
  /** Jobs that a batch needs to start; 0 for any number. */
  setLeast: (least: number) => void;
  /** Looks for jobs. */
  look: () => void;
}

/**
 * Processes jobs in batches. Each job of a batch is a run of its own, with its lock, its time and its outcome; only the work is
 * done in one go: what stands in for the processor of a job waits for its part of what the batch comes to.
 *
 * A batch takes one slot of the worker, whatever its size, until the runs of all its jobs have ended.
 */
export class BatchRunner {
  private readonly open = new Map<Run, { runs: number }>();
  private running = 0;
  /** Those that join the batch that is being gathered. */
  private gathering: Member[] = [];
  private timer: Timer | undefined;

  constructor(
    private readonly processor: BatchProcessor & MaybeChecked,
    private readonly options: BatchOptions,
    private readonly concurrency: () => number,
    private readonly runtime: Runtime,
    private readonly hooks: BatchRunnerHooks,
  ) {
    hooks.setLeast(options.minSize ?? 0);
  }

  /** Stands in for the processor of a job: it is given a function that makes the signal. */
  readonly join: Processor & MaybeLate = Object.assign(
    (job: Job, _token: string, signal: unknown) => {
      this.processor[CHECKS]?.(job);
      return new Promise((resolve, reject) => {
        this.gathering.push({ job, signal: signal as () => AbortSignal, resolve, reject });
      });
    },
    { [LATE_SIGNAL]: true as const },
  );

  /** Jobs that may be asked for, besides those that are. */
  room(asked: number): number {
    return (this.concurrency() - this.running) * this.options.size - asked;
  }

  /** Keeps a slot for a batch that is about to start, until it does. Returns what gives the slot back. */
  reserve(): () => void {
    this.running += 1;
    return () => void (this.running -= 1);
  }

  /** @param begin starts the run of one job, which joins the batch unless something speaks against it */
  start(runs: readonly Run[], begin: (run: Run) => void): void {
    const { size, minSize = 0 } = this.options;
    this.stopWaiting();
    this.hooks.setLeast(minSize);
    for (let from = 0; from < runs.length; from += size) {
      this.startOne(runs.slice(from, from + size), begin);
    }
  }

  /** The run of a job has ended. */
  ended(run: Run): void {
    const batch = this.open.get(run);
    if (!batch) {
      return;
    }
    this.open.delete(run);
    batch.runs -= 1;
    if (batch.runs === 0) {
      this.running -= 1;
    }
  }

  /** A look has found nothing, or too few that wait. */
  foundNone(isSomethingWaiting: boolean): void {
    const { timeout, minSize = 0 } = this.options;
    if (!isSomethingWaiting) {
      this.stopWaiting();
      this.hooks.setLeast(minSize);
    } else if (timeout !== undefined) {
      this.timer ??= this.runtime.setTimer(() => {
        this.hooks.setLeast(0);
        this.hooks.look();
      }, timeout);
    }
  }

  stopWaiting(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private startOne(runs: readonly Run[], begin: (run: Run) => void): void {
    const batch = { runs: runs.length };
    this.running += 1;
    for (const run of runs) {
      this.open.set(run, batch);
    }
    runs.forEach(begin);
    const members = this.gathering;
    this.gathering = [];
    if (members.length > 0) {
      void this.process(members);
    }
  }

  /** Never rejects. */
  private async process(members: readonly Member[]): Promise<void> {
    const batch = Batch.gather(members);
    let share: (member: Member, at: number) => Outcome;
    try {
      const result: unknown = await this.processor(batch);
      checkResult(result, members.length);
      share = (_, at) => ({ result: Array.isArray(result) ? result[at] : result });
    } catch (error) {
      share = () => ({ error });
    }
    const outcomes = members.map((member, at) => ({
      member,
      outcome: batch.outcomeOf(member.job) ?? share(member, at),
    }));
    // Of those that go to the front of the queue the newest goes first, and the oldest ends up there.
    const goBack = outcomes.filter((each) => goesBack(each.outcome)).toReversed();
    const others = outcomes.filter((each) => !goesBack(each.outcome));
    for (const { member, outcome } of [...others, ...goBack]) {
      if ('error' in outcome) {
        member.reject(outcome.error);
      } else {
        member.resolve(outcome.result);
      }
    }
  }
}

function goesBack(outcome: Outcome): boolean {
  const kind = 'error' in outcome ? specialErrorKind(outcome.error) : undefined;
  return kind === 'rate-limit' || kind === 'waiting';
}

function checkResult(result: unknown, size: number): void {
  if (Array.isArray(result) && result.length !== size) {
    throw new UnrecoverableError(
      `The processor has returned ${result.length} results for ${size} jobs: return one for each, or nothing and use batch.setResult.`,
    );
  }
  if (isObservable(result)) {
    throw new UnrecoverableError('The processor of a batch has returned an Observable: return a promise.');
  }
}
