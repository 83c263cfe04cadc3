import { ConnectionClosedError, ConnectionError } from '../job/errors.js';
import type { Runtime } from '../runtime/runtime.js';
import { Flight } from './flight.js';
import { type CallSession, SessionPool } from './call-session.js';
import { NEVER, type Patience, type Waiting } from './patience.js';
import { PendingEntries } from './pending-entries.js';

export interface GroupLimits<E> {
  /** Calls in flight at most. */
  sessions: number;
  /** Entries in a call at most; read anew for each call. */
  entries: () => number;
  /** For how many entries one counts, where not for one. */
  weigh?: (entry: E) => number;
  /** Bytes of a call about, above which it takes no further entry. */
  bytes: number;
  /** Whether calls are wanted for more than their entries, and so are kept up when those are given up. */
  keepsCalls?: () => boolean;
  /** Whether somebody else waits for an entry, who gives it up: it outlives the close where it is on its way by then. */
  isGuest?: (entry: E) => boolean;
}

/**
 * Gathers entries into calls. An entry that comes while all sessions are busy joins the next call; one that comes while
 * a session is free is sent at the end of the running microtasks, together with its neighbors, never held back longer.
 *
 * Modes: idle (nothing pending) -> scheduled (a flush waits for the microtasks to end) -> calls in flight; the end of
 * a call flushes what has gathered meanwhile. `poke` asks for a call even without entries.
 *
 * An entry that Redis does not get to in time is given up. While calls get replies an entry may have to wait for its
 * turn, but not in silence: a pending one waits since the last reply. A session whose call was given up stays taken until
 * the client says what became of it, so that a Redis that hangs is not sent more and more.
 */
export class GroupCommit<E> implements Waiting {
  private readonly runtime: Runtime;
  private readonly sessions: SessionPool;
  private readonly flights = new Set<Flight<E>>();
  private readonly pending = new PendingEntries<E>();
  private heardAt = 0;
  private closed = false;
  private scheduled = false;
  private isSoon = false;
  private poked = false;
  private onIdle: (() => void)[] = [];

  /**
   * @param send performs one call; settles its entries that are open, and never rejects
   * @param fail settles an entry that is given up
   */
  constructor(
    private readonly send: (session: CallSession, flight: Flight<E>) => Promise<void>,
    private readonly fail: (entry: E, error: Error) => void,
    private readonly patience: Patience,
    private readonly limits: GroupLimits<E>,
  ) {
    this.runtime = patience.runtime;
    this.sessions = new SessionPool(patience.runtime, limits.sessions);
    patience.register(this);
  }

  /**
   * @param expires whether it is given up when Redis is silent for too long; else it waits until the group is closed
   */
  push(entry: E, bytes: number, expires = true): void {
    this.append(entry, bytes, expires);
    this.schedule();
  }

  /** As `push`, for an entry that nobody waits for and that may change for as long as it is not on its way: it asks for a call a little later. */
  pushIdly(entry: E, bytes: number): void {
    this.append(entry, bytes, false);
    if (!this.isSoon) {
      this.isSoon = true;
      this.runtime.setSoon(() => {
        this.isSoon = false;
        this.schedule();
      });
    }
  }

  /** An entry that was pushed idly has become one that somebody waits for. */
  hurry(): void {
    this.schedule();
  }

  private append(entry: E, bytes: number, expires: boolean): void {
    if (this.pending.length === 0 && this.flights.size === 0) {
      this.heardAt = this.patience.now;
    }
    const canBeLate = expires || this.closed;
    this.pending.push(entry, bytes, canBeLate ? this.patience.now : NEVER, this.limits.weigh?.(entry));
    if (canBeLate) {
      this.patience.begin();
    }
    if (this.pending.weight >= this.limits.entries()) {
      // A full call goes out at once: Redis works on it while further entries are made.
      this.flushOne();
    }
  }

  poke(): void {
    this.poked = true;
    this.schedule();
  }

  /** Resolves once nothing is pending or in flight, apart from what was given up. */
  async idle(): Promise<void> {
    if (!this.isIdle) {
      await new Promise<void>((resolve) => this.onIdle.push(resolve));
    }
  }

  get isIdle(): boolean {
    return !this.isBusy;
  }

  /** Whether so many entries wait for a Redis that does not reply. */
  isFull(most: number): boolean {
    if (!this.patience.isSilent(this.heardAt)) {
      return false;
    }
    let open = this.pending.weight;
    const { weigh } = this.limits;
    this.flights.forEach((flight) => (open += flight.openWeight(weigh)));
    return open >= most;
  }

  giveUpLate(): boolean {
    const { patience, heardAt } = this;
    this.pending.takeLate(
      (since) => patience.isOver(Math.max(since, heardAt)),
      (entry) => this.fail(entry, patience.late()),
    );
    for (const flight of this.flights) {
      flight.giveUp(
        (since) => patience.isOver(since),
        (entry, mayBeWritten) =>
          this.fail(entry, patience.late({ mayBeWritten, cause: flight.carrier?.failure })),
      );
      if (flight.open === 0 && (!this.limits.keepsCalls?.() || this.closed)) {
        this.abandon(flight);
      }
    }
    this.notifyIdle();
    return this.pending.canBeLate || [...this.flights].some(({ canBeLate }) => canBeLate);
  }

  /** Gives up all there is, but for guests on their way. What comes later is given up in time, whatever it is. */
  close(message: string): void {
    this.closed = true;
    this.pending.takeLate(
      () => true,
      (entry) => this.fail(entry, new ConnectionClosedError(message)),
    );
    this.giveUpFlights(message);
    this.notifyIdle();
  }

  /**
   * Nobody waits for an entry any more that was a guest until now. Returns whether it was not on its way: then it never
   * will be.
   */
  withdraw(entry: E): boolean {
    const waited = this.pending.remove(entry);
    if (waited) {
      this.fail(entry, new ConnectionError('It was withdrawn.'));
    } else if (this.closed) {
      this.giveUpFlights('It was withdrawn.');
    }
    this.notifyIdle();
    return waited;
  }

  private get isBusy(): boolean {
    return this.pending.length > 0 || this.scheduled || this.flights.size > 0;
  }

  private giveUpFlights(message: string): void {
    const { isGuest } = this.limits;
    for (const flight of this.flights) {
      flight.giveUp(
        (_since, entry) => !isGuest?.(entry),
        (entry, mayBeWritten) => this.fail(entry, new ConnectionClosedError(message, { mayBeWritten })),
      );
      if (flight.open === 0) {
        this.abandon(flight);
      }
    }
  }

  private abandon(flight: Flight<E>): void {
    this.flights.delete(flight);
    flight.abandon();
  }

  private schedule(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      queueMicrotask(this.flush);
    }
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    if (this.hasWork() && this.flushOne() && this.hasWork()) {
      // Calls sent in one go get their replies in one go, and then Redis and this process would work in turns instead of
      // side by side: the second call follows when Redis has the first.
      this.scheduled = true;
      this.runtime.setSoon(this.flush);
    }
    this.notifyIdle();
  };

  private hasWork(): boolean {
    return this.pending.length > 0 || this.poked;
  }

  /** Starts one call. Returns whether there was a session for it. */
  private flushOne(): boolean {
    const session = this.sessions.acquire();
    if (!session) {
      return false;
    }
    this.poked = false;
    const flight = this.takeOff();
    const end = (): void => {
      this.sessions.release(session);
      if (!flight.isAbandoned) {
        this.flights.delete(flight);
        this.heardAt = this.patience.now;
      }
      if (this.hasWork()) {
        this.schedule();
      } else {
        this.notifyIdle();
      }
    };
    this.send(session, flight).then(end, (error: unknown) => {
      // A fault of ours, which must not hold up what comes after.
      process.emitWarning(error instanceof Error ? error : String(error));
      end();
    });
    return true;
  }

  private takeOff(): Flight<E> {
    const { entries, sinces } = this.pending.take(this.limits.entries(), this.limits.bytes);
    for (let i = 0; i < sinces.length; i += 1) {
      // From now on others may get replies while this one does not.
      sinces[i] = Math.max(sinces[i] as number, this.heardAt);
    }
    const flight = new Flight(entries, sinces);
    this.flights.add(flight);
    return flight;
  }

  private notifyIdle(): void {
    if (this.onIdle.length > 0 && !this.isBusy) {
      const waiting = this.onIdle;
      this.onIdle = [];
      for (const resolve of waiting) {
        resolve();
      }
    }
  }
}
