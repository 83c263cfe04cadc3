import { LockLostError, UnreadableValueError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { asError, type Failure, thrownBy } from '../job/job-failure.js';
import { CHANGED } from '../job/job-record.js';
import type { JobWrite } from '../job/job-write.js';
import type { TracedEnd, TracedOutcome } from '../job/telemetry.js';
import type { Runtime } from '../runtime/runtime.js';
import type { CommitLoop } from './commit-loop.js';
import type { Run } from './run.js';

/** What a worker wants to know of its runs. */
export interface RunHooks {
  completed: (job: Job, result: unknown) => void;
  failed: (job: Job, error: Error) => void;
  error: (error: Error) => void;
  /** The processor is through: its slot is free. */
  ended: (run: Run) => void;
  /** Redis has replied, or never will: the lock is no longer needed. */
  settled: (run: Run) => void;
  /** Redis has kept a step of the job in a call that was sent at that time. */
  kept: (run: Run, sentAt: number) => void;
  /** What runs, in the order in which it was granted. */
  granted: () => Run[];
  /** Whether a job whose lock was lost is handed back, where that can be; else its lock runs out. */
  givesBack: boolean;
  /** Whether the worker is closing. */
  closing: () => boolean;
}

/** Why the job of a run may not complete. */
export type Refusal = 'pending-children' | 'child-failed' | 'cancelled';

/** Ends runs: frees the slot, writes what the run came to, and says what Redis made of it. */
export class RunWriter {
  /** Runs whose jobs are to wait again, at the end of this microtask. */
  private readonly goingBack: Run[] = [];

  constructor(
    private readonly loop: CommitLoop,
    private readonly hooks: RunHooks,
    private readonly runtime: Runtime,
    /** The job may not complete: its run has to end otherwise. */
    private readonly refused: (run: Run, word: Refusal) => void,
  ) {}

  /** The job has completed. */
  completed(job: Job, result: unknown): void {
    job.attemptsMade += 1;
    job.returnvalue = result;
    job.finishedOn = this.runtime.now();
    this.hooks.completed(job, result);
  }

  /** The job has failed, for good or for now. */
  failed(job: Job, failure: Failure, error: Error): void {
    job.failed(failure);
    this.hooks.failed(job, thrownBy(error));
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
  giveUp(run: Run): void {
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

  /**
   * The job waits again, in front. Jobs that go back together keep their order: each goes to the front of the queue, so the newest goes
   * first, and the oldest ends up there.
   */
  goBack(run: Run): void {
    this.goingBack.push(run);
    if (this.goingBack.length > 1) {
      return;
    }
    void Promise.resolve().then(() => {
      const runs = new Set(this.goingBack.splice(0));
      const newestFirst = runs.size > 1 ? this.hooks.granted().toReversed() : [];
      for (const each of new Set([...newestFirst.filter((other) => runs.has(other)), ...runs])) {
        this.write(each, ['postpone', each.job.id, each.token, '0'], 'give back', () => {});
      }
    });
  }

  /**
   * Writes what ends a run.
   * @param action what a lost lock keeps it from doing
   * @param done called where it is written
   */
  write(run: Run, write: JobWrite, action: string, done: () => void): void {
    if (!run.isEnding) {
      run.end(outcomeOf(write), run.trace && whatOf(write));
      this.hooks.ended(run);
    }
    if (run.handedBack) {
      return;
    }
    this.loop.push(write, (word, error) => {
      if (word === 'pending-children' || word === 'child-failed' || word === 'cancelled') {
        this.refused(run, word);
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

/** What telemetry gets of a write that ends a run. */
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
  if (way === 'last-step') return 'completed';
  return way === 'complete' ? 'completed' : way === 'fail' ? 'failed' : way === 'retry' ? 'retried' : 'moved';
}
