import type { Timer } from '../runtime/runtime.js';
import { checkNumber, LONGEST_TIMER_MS } from './check.js';
import {
  ConnectionClosedError,
  ConnectionError,
  JobFailedError,
  JobNotFoundError,
  RedisReplyError,
  WaitTimeoutError,
} from './errors.js';
import { ofLife } from './job-life.js';
import type { JobStore, LoadedJob } from './job-store.js';
import { decodeValue, parseStored } from './json.js';

const LOOK_AGAIN_MS = 2000;

/** What `waitUntilFinished` needs of `QueueEvents`. */
export interface FinishSource {
  /** Whether nothing is emitted any more. */
  readonly isClosed?: boolean;
  on(event: any, listener: (...args: any[]) => void): unknown;
  off(event: any, listener: (...args: any[]) => void): unknown;
}

/** Which job is waited for. */
export interface AwaitedJob {
  readonly id: string;
  /** See `lifeOf`; undefined when it is whichever job has the id. */
  readonly life: number | undefined;
}

type Outcome<R> = { result: R } | { failure: Error };

/** See `Job.waitUntilFinished`. */
export function waitUntilFinished<R>(
  store: JobStore,
  job: AwaitedJob,
  events: FinishSource,
  ttl?: number,
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    if (ttl !== undefined) {
      checkNumber('ttl', ttl, 0, LONGEST_TIMER_MS);
    }
    new FinishWait<R>(store, job, events, (outcome) =>
      'failure' in outcome ? reject(outcome.failure) : resolve(outcome.result),
    ).begin(ttl);
  });
}

/**
 * One wait. Events say at once how the job ended, stored state says it in any case. Events do not say which job with that id
 * they are about: they are believed once a look has shown that it is the one that is meant, until something says that it
 * may be another since.
 */
class FinishWait<R> {
  private readonly listeners: readonly [event: string, listener: (args: any) => void][];
  private timers: Timer[] = [];
  private goneTimer: Timer | undefined;
  private isOver = false;
  /** Whether the id is known to be that of the job meant. */
  private isSure = false;
  /** Counts what may have made another job of it. */
  private doubts = 0;
  private wasRemoved = false;
  /** What an event said while that was not known. */
  private heard: Outcome<R> | undefined;

  constructor(
    private readonly store: JobStore,
    private readonly job: AwaitedJob,
    private readonly events: FinishSource,
    private readonly done: (outcome: Outcome<R>) => void,
  ) {
    const { id } = job;
    this.listeners = [
      [`completed:${id}`, this.onCompleted],
      [`failed:${id}`, this.onFailed],
      [`removed:${id}`, this.onRemoved],
      [`added:${id}`, this.onDoubt],
      ['gap', this.onDoubt],
      ['closing', this.onClosing],
    ];
  }

  begin(ttl: number | undefined): void {
    if (this.events.isClosed) {
      this.onClosing();
      return;
    }
    const { runtime } = this.store;
    this.listeners.forEach(([event, listener]) => this.events.on(event, listener));
    if (ttl !== undefined) {
      const late = (): void => this.settle({ failure: new WaitTimeoutError(this.job.id, ttl) });
      this.timers.push(runtime.setTimer(late, ttl));
    }
    this.timers.push(runtime.setRepeating(this.look, LOOK_AGAIN_MS));
    this.look();
  }

  private settle(outcome: Outcome<R>): void {
    if (!this.isOver) {
      this.isOver = true;
      this.listeners.forEach(([event, listener]) => this.events.off(event, listener));
      this.timers.forEach((timer) => timer.cancel());
      this.goneTimer?.cancel();
      this.done(outcome);
    }
  }

  private readonly onCompleted = ({ returnvalue }: { returnvalue?: R }): void => {
    // A large result is left out of its event.
    if (returnvalue === undefined) {
      this.look();
    } else {
      this.hear({ result: returnvalue });
    }
  };

  private readonly onFailed = ({ failedReason }: { failedReason: string }): void => {
    const failure = new JobFailedError(this.job.id, failedReason);
    if (failedReason === '') {
      // So is a large reason. Where the job is gone by now, that it failed is all there is.
      this.heard = { failure };
      // A look that is under way may have found the job as it was before.
      this.onDoubt();
    } else {
      this.hear({ failure });
    }
  };

  private readonly onClosing = (): void =>
    this.settle({ failure: new ConnectionClosedError('The queue events were closed.') });

  /** A job was added under that id, which may be the one meant, or events are missing. */
  private readonly onDoubt = (): void => {
    this.isSure = false;
    this.doubts += 1;
    this.look();
  };

  /** A job with that id was removed, which may have been an earlier one. */
  private readonly onRemoved = (): void => {
    this.wasRemoved = true;
    this.look();
  };

  private hear(outcome: Outcome<R>): void {
    if (this.isSure) {
      this.settle(outcome);
    } else {
      this.heard = outcome;
      this.look();
    }
  }

  private readonly look = (): void => {
    const { doubts } = this;
    this.store
      .loadJob(this.job.id)
      .then((loaded) => !this.isOver && this.see(loaded, doubts === this.doubts))
      .catch((error: unknown) => {
        // What passes is no end of the job: it is looked at again.
        if (!isPassing(error)) {
          this.settle({ failure: error as Error });
        }
      });
  };

  private see(loaded: LoadedJob | undefined, isRecent: boolean): void {
    const mine = ofLife(loaded, this.job.life);
    const outcome = mine && this.stored(mine);
    if (outcome) {
      this.settle(outcome);
    } else if (mine) {
      this.isSure = isRecent;
      if (this.heard && isRecent) {
        this.settle(this.heard);
      }
    } else if (this.heard && !loaded) {
      this.settle(this.heard);
    } else {
      const gone = { failure: new JobNotFoundError(this.job.id, 'wait for') };
      if (loaded || this.wasRemoved) {
        // Another job has the id by now, or none.
        this.settle(gone);
      } else {
        // A job that its retention removed at once leaves only its event: give that one a moment.
        this.goneTimer ??= this.store.runtime.setTimer(() => this.settle(gone), LOOK_AGAIN_MS);
      }
    }
  }

  private stored({ state, record: { fields } }: LoadedJob): Outcome<R> | undefined {
    if (state === 'completed') {
      return { result: decodeValue<R>('The result', fields.result ?? 'null', this.store.codec) };
    }
    if (state === 'failed') {
      const reason = parseStored('The reason', fields.failedReason ?? '""') as string;
      return { failure: new JobFailedError(this.job.id, reason) };
    }
    return undefined;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof RedisReplyError && error.isPassing);
}
