import type { GrantedJob } from './call.js';
import { CallSession } from './call-session.js';
import type { SimulatedQueue } from './simulated-queue.js';

/** A lock, as its holder knows it. */
export interface Held {
  id: string;
  token: string;
  /** No other worker may have the job before; not true of a lock whose end was sent and not answered. */
  lockUntil: number;
  /** Until when recovery leaves the job alone, although the lock has expired while the server stood still. */
  graceUntil?: number;
}

const SESSIONS = 2;
const REMEMBERED = 12;

/**
 * A worker as the scripts see one: the locks that it knows of, and its sessions of calls. A crash forgets all of it; a frozen one knows it still
 * when it goes on. It may call what the client that ships never would.
 */
export class ScriptWorker {
  held: Held[] = [];
  /** Locks that it had once. */
  readonly old: Held[] = [];
  readonly sessions: CallSession[];
  frozen = false;
  renewAt = Infinity;
  private grants = 0;

  constructor(
    readonly name: string,
    readonly lockMs: number,
    readonly queue: SimulatedQueue,
  ) {
    this.sessions = Array.from({ length: SESSIONS }, (_, i) => new CallSession(`${name}.${i}`, queue));
  }

  /**
   * What its next grants are named after. No two calls share a name: the numbers in tokens count per job, and begin
   * anew with a job that was removed and added again.
   */
  nextName(): string {
    this.grants += 1;
    return `${this.name}-${this.grants}`;
  }

  take(jobs: readonly GrantedJob[], grantedAt: number, now: number): void {
    for (const { id, token } of jobs) {
      this.held.filter((held) => held.id === id).forEach((held) => this.drop(held));
      this.held.push({ id, token, lockUntil: grantedAt + this.lockMs });
      this.renewAt = Math.min(this.renewAt, Math.max(grantedAt + this.lockMs / 2, now));
    }
  }

  drop(lock: Pick<Held, 'id' | 'token'>): void {
    this.held = this.held.filter((held) => held.id !== lock.id || held.token !== lock.token);
    this.old.push({ ...lock, lockUntil: 0 });
    if (this.old.length > REMEMBERED) this.old.shift();
    if (this.held.length === 0) this.renewAt = Infinity;
  }

  freeLane(): CallSession | undefined {
    return this.sessions.find(({ unanswered }) => unanswered === undefined);
  }
}
