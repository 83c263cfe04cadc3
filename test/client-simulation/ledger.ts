import { StepwellError } from '../../lib/engine.js';
import type { Watching } from './watching.js';

/** For which a call may take, however broken the world is. */
const CALL_MS = 60_000;
/** Calls that wait for jobs, which takes as long as they take. */
const PATIENT = new Set(['waitUntilFinished', 'pause the worker', 'reopen events']);

/** A promise that a user was given. */
export interface Call {
  what: string;
  /** Process that made it. */
  process: string;
  since: number;
  settled: boolean;
}

interface Sweep {
  process: string;
  queue: string;
  /** Where it is noted which jobs it took. */
  tags: Set<string>;
}

/** A processor at work. */
export interface Running {
  process: string;
  queue: string;
  jobId: string;
  /** Of its task. */
  tag: string;
  token: string;
  signal: AbortSignal;
  /** Whether its job counts in the limit of its queue. */
  isLimited: boolean;
  /** Since when its lock has been seen to be lost. */
  lostSince: number | undefined;
}

/** What users were promised and what their code has done: it outlives the processes. */
export class Ledger {
  readonly calls = new Set<Call>();
  readonly watches = new Set<Watching>();
  readonly running = new Set<Running>();
  /** Jobs that an `add` has resolved with, by tag. */
  readonly added = new Map<string, { queue: string; id: string }>();
  /** Queues for which a tag was made. */
  readonly made = new Map<string, string>();
  /** Tags of jobs that a user has removed, or may have. */
  readonly removed = new Set<string>();
  /** Tags of jobs that a user has retried, or may have. */
  readonly retried = new Set<string>();
  /** By queue, ids of jobs whose turn a user has changed, or may have. */
  private readonly moved = new Map<string, Set<string>>();
  /** Tags of jobs whose cancelling was answered, and whether what they did is to be undone. */
  readonly cancelled = new Map<string, boolean>();
  /** Cancellings without an answer: who asked may have been killed, and the job be cancelled all the same. */
  readonly cancelling = new Set<{ tag: string }>();
  /** Calls under way that take all jobs of a queue, or may; that of a process which is killed ends with it. */
  readonly sweeps = new Set<Sweep>();
  readonly counts = new Map<string, number>();
  /** What must not be, found by user code. */
  readonly faults: string[] = [];

  /** Tags of jobs that went back since somebody wants fewer: that is no attempt. */
  readonly heldUp = new Set<string>();

  movedIn(queue: string): Set<string> {
    const ids = this.moved.get(queue) ?? new Set();
    this.moved.set(queue, ids);
    return ids;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Follows a call of a user: it has to settle, and fails with a typed error only. */
  follow<T>(what: string, process: string, since: number, promise: Promise<T>): Promise<T | undefined> {
    const call: Call = { what, process, since, settled: false };
    this.calls.add(call);
    return promise.then(
      (value) => {
        call.settled = true;
        this.calls.delete(call);
        this.count(what);
        return value;
      },
      (error: unknown) => {
        call.settled = true;
        this.calls.delete(call);
        this.count(`${what} failed: ${error instanceof Error ? error.name : String(error)}`);
        if (!(error instanceof StepwellError) || error.name === 'RedisReplyError') {
          this.faults.push(
            `${what} failed with ${error instanceof Error ? (error.stack ?? error.name) : String(error)}`,
          );
        }
        return undefined;
      },
    );
  }

  /** All jobs of its queue that there are by now have been touched, or may have been. */
  endSweep(sweep: Sweep): void {
    if (!this.sweeps.delete(sweep)) return;
    for (const [tag, queue] of this.made) if (queue === sweep.queue) sweep.tags.add(tag);
  }

  /** A call that should have ended, of a process that runs. */
  overdue(now: number, isFair: (process: string) => boolean): string | undefined {
    for (const { what, process, since } of this.calls) {
      if (now - since > CALL_MS && !PATIENT.has(what) && isFair(process)) {
        return `${what} of ${process} has not settled after ${Math.round(now - since)} ms`;
      }
    }
    return undefined;
  }

  /** A process is gone: nobody waits for its promises any more. */
  forget(process: string): void {
    for (const call of this.calls) if (call.process === process) this.calls.delete(call);
    for (const watch of this.watches) if (watch.process === process) this.watches.delete(watch);
    for (const run of this.running) if (run.process === process) this.running.delete(run);
    for (const sweep of this.sweeps) if (sweep.process === process) this.endSweep(sweep);
  }
}
