import { type AddedJob, type NewJob, readAdded } from '../job/added-job.js';
import type { LoneWrite } from '../job/job-store.js';
import type { AddInHand, JobTaker } from '../job/job-taker.js';
import { type JobWrite, sizeOfWrite } from '../job/job-write.js';
import { type CommitReply, encodeCommit } from '../job/wire.generated.js';
import { isMissingRight } from '../redis/redis-failure.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import type { Timer } from '../runtime/runtime.js';
import { Call } from './call.js';
import { type Fetched, type Grant, NO_GRANT, readFetched, runCommit } from './commit-call.js';
import type { Flight } from './flight.js';
import { GroupCommit } from './group-commit.js';
import type { CallSession } from './call-session.js';
import type { Patience } from './patience.js';

const BYTES = 512 * 1024;
const REFUSED_PAUSE_MS = 500;

/** Takes the script's word, or why there is none; `now` is Redis' time of the call. */
export type Settle = (word: string, error?: unknown, now?: unknown) => void;

interface Entry {
  write: JobWrite;
  settle: Settle;
  /** Whether somebody else waits for it, who gives it up. */
  isGuest: boolean;
  /** Whether it waits as long as the worker does. */
  isPatient: boolean;
  /** Whether it is on its way, or was, or never will be. */
  isOut: boolean;
}

/** The fetching side of a commit: how much room there is, and where jobs go. */
export interface Fetcher {
  readonly grant: Grant;
  /** Takes up to `most` of the free slots; they count as asked for until `fetched` or `fetchFailed`. */
  takeRoom(most: number): number;
  /** Whether the wake marker was taken since the last call: if work is left, another worker is to be woken. */
  takeHandOn(): boolean;
  fetched(fetched: Fetched): void;
  fetchFailed(wanted: number, error: unknown): void;
}

/** What learns of the messages that calls leave for other queues. */
export interface Outbox {
  /** The outbox holds something, to be looked at in so many milliseconds. */
  nudge(lookInMs: number): void;
  /** A call has posted this. */
  bring(posted: readonly string[]): void;
}

export interface CommitOptions {
  sessions: number;
  entries: () => number;
}

/** Applies job writes by group commit. Those of a worker fetch jobs with the same calls: its commit loop is their fetcher. */
export class CommitBatch implements JobTaker {
  private readonly group: GroupCommit<Entry>;
  /** Entries of the worker's own that Redis refused for want of a right: they go again, as it may be granted again. */
  private readonly refused = new Map<Entry, Timer>();
  private readonly onPushed: (() => void)[] = [];
  private fetcher: Fetcher | undefined;
  private closed = false;

  constructor(
    private readonly runner: ScriptRunner,
    patience: Patience,
    private readonly options: CommitOptions,
    private readonly outbox: Outbox,
  ) {
    this.group = new GroupCommit<Entry>(
      (session, flight) => this.send(session, flight),
      (entry, error) => {
        entry.isOut = true;
        entry.settle('', error);
      },
      patience,
      {
        ...{ sessions: options.sessions, entries: options.entries, bytes: BYTES },
        // A call that fetches may have brought jobs: it is made again until its reply is known.
        ...{ keepsCalls: () => this.fetches, isGuest: (entry: Entry) => entry.isGuest },
      },
    );
  }

  /** From now on each call fetches as many jobs as this one has room for. */
  fetchFor(fetcher: Fetcher): void {
    this.fetcher = fetcher;
  }

  get fetches(): boolean {
    return this.fetcher !== undefined;
  }

  /**
   * @param expires whether it rejects with `CallTimeoutError` when Redis is silent for too long
   */
  write(write: JobWrite, expires = true): Promise<string> {
    return new Promise((resolve, reject) => {
      this.push(
        write,
        (word, error) => (error === undefined ? resolve(word) : reject(error as Error)),
        expires,
      );
    });
  }

  /** For what waits for Redis as long as the worker does, unless it `expires`. */
  push(write: JobWrite, settle: Settle, expires = false): void {
    const entry: Entry = { write, settle, isGuest: false, isPatient: !expires, isOut: false };
    this.group.push(entry, sizeOfWrite(write), expires);
  }

  /** As `write`, for what nobody waits for and what waits as long as the worker does. */
  writeAlone(write: JobWrite): LoneWrite {
    const entry: Entry = { write, settle: () => {}, isGuest: false, isPatient: true, isOut: false };
    this.group.pushIdly(entry, sizeOfWrite(write));
    return (other) => {
      if (entry.isOut) {
        return undefined;
      }
      this.group.hurry();
      return new Promise((resolve, reject) => {
        entry.write = other;
        entry.settle = (word, error) => (error === undefined ? resolve(word) : reject(error as Error));
      });
    };
  }

  /**
   * Adds a job with the next call, which may start it too. It waits for as long as whoever hands it over does, also when the
   * worker is closed meanwhile; only where it was not on its way by then it rejects with `ConnectionClosedError`.
   */
  addFor({ id, spec, body }: NewJob): AddInHand {
    const write: JobWrite = ['add', id, spec, body];
    let entry!: Entry;
    const added = new Promise<AddedJob>((resolve, reject) => {
      const settle: Settle = (word, error, now) => {
        try {
          if (error !== undefined) throw error;
          resolve(readAdded(word, Number(now)));
        } catch (refused) {
          reject(refused as Error);
        }
      };
      entry = { write, settle, isGuest: true, isPatient: false, isOut: false };
    });
    this.group.push(entry, sizeOfWrite(write), false);
    const withdraw = (): boolean => {
      entry.isGuest = false;
      return this.group.withdraw(entry);
    };
    return { added, withdraw };
  }

  /** Asks for a call even without writes: to fetch, or to learn when the next delayed job is due. */
  poke(): void {
    this.group.poke();
  }

  /** Resolves once nothing is to be written any more. */
  async idle(): Promise<void> {
    await this.group.idle();
    while (this.refused.size > 0) {
      await new Promise<void>((resolve) => this.onPushed.push(resolve));
      await this.group.idle();
    }
  }

  get isIdle(): boolean {
    return this.group.isIdle && this.refused.size === 0;
  }

  close(message: string): void {
    this.closed = true;
    this.refused.forEach((_timer, entry) => this.pushAgain(entry));
    this.group.close(message);
  }

  private pushAgain(entry: Entry): void {
    this.refused.get(entry)?.cancel();
    this.refused.delete(entry);
    this.group.push(entry, sizeOfWrite(entry.write), false);
    for (const resolve of this.onPushed.splice(0)) resolve();
  }

  private async send(session: CallSession, flight: Flight<Entry>): Promise<void> {
    const { entries } = flight;
    const rest = encodeCommit(entries.map(writeOf));
    const wanted = this.fetcher?.takeRoom(this.options.entries()) ?? 0;
    const grant = this.fetcher?.grant ?? NO_GRANT;
    const handOn = this.fetcher?.takeHandOn() ?? false;
    const seq = session.next();
    const sentAt = this.runner.runtime.monotonicMs();
    const call = new Call(this.runner, () =>
      runCommit(this.runner, { writer: session.writer, seq }, grant, wanted, handOn, rest),
    );
    flight.carrier = call;
    let reply: CommitReply;
    try {
      reply = await call.reply();
    } catch (error) {
      this.fetcher?.fetchFailed(wanted, error);
      const waits = isMissingRight(error) && !this.closed;
      settleOpen(flight, (entry) => {
        if (waits && entry.isPatient) {
          this.refused.set(
            entry,
            this.runner.runtime.setTimer(() => this.pushAgain(entry), REFUSED_PAUSE_MS),
          );
        } else {
          entry.settle('', error);
        }
      });
      return;
    }
    // What has ended first: a job that is tried again at once may be among those that the same call brings.
    try {
      settleOpen(flight, ({ settle }, i) => settle(reply.words[i] as string, undefined, reply.time));
    } finally {
      this.fetcher?.fetched(readFetched(wanted, reply, sentAt));
    }
    if (reply.posted.length > 0) {
      this.outbox.bring(reply.posted);
    } else if (reply.undeliveredMs >= 0) {
      this.outbox.nudge(reply.undeliveredMs);
    }
  }
}

/** From now on it is what Redis gets. */
function writeOf(entry: Entry): JobWrite {
  entry.isOut = true;
  return entry.write;
}

function settleOpen(flight: Flight<Entry>, settle: (entry: Entry, i: number) => void): void {
  for (let i = 0; i < flight.entries.length; i += 1) {
    if (flight.isOpen(i)) {
      settle(flight.entries[i] as Entry, i);
    }
  }
}
