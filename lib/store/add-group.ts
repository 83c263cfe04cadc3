import { BacklogFullError } from '../job/errors.js';
import { awaitReplicas } from '../redis/await-replicas.js';
import { BACKLOG } from './backlog.js';
import { Call } from './call.js';
import type { CallSession } from './call-session.js';
import type { Flight } from './flight.js';
import { GroupCommit, type GroupLimits } from './group-commit.js';
import type { StoreContext } from './store-context.js';

/** What is to be added, and who waits for it. */
export interface Adding<E, R> {
  entry: E;
  resolve: (added: R) => void;
  reject: (error: unknown) => void;
}

/** Adds by group commit, whatever is added: refuses after the end and beyond the backlog, and waits for replicas where the store wants it. */
export class AddGroup<E, R> {
  private readonly group: GroupCommit<Adding<E, R>>;
  private readonly backlog: number;

  /**
   * @param send settles each entry of a flight
   */
  constructor(
    private readonly context: Pick<StoreContext, 'runner' | 'patience' | 'lifetime' | 'host'>,
    limits: GroupLimits<Adding<E, R>>,
    send: (session: CallSession, flight: Flight<Adding<E, R>>) => Promise<void>,
  ) {
    this.backlog = context.host.backlog ?? BACKLOG;
    this.group = new GroupCommit<Adding<E, R>>(
      send,
      ({ reject }, error) => reject(error),
      context.patience,
      limits,
    );
  }

  add(entry: E, bytes: number): Promise<R> {
    return new Promise((resolve, reject) => this.push({ entry, resolve, reject }, bytes));
  }

  push(adding: Adding<E, R>, bytes: number): void {
    const { lifetime } = this.context;
    if (lifetime.isOver) {
      adding.reject(lifetime.refusal());
    } else if (this.group.isFull(this.backlog)) {
      adding.reject(new BacklogFullError(this.backlog));
    } else {
      this.group.push(adding, bytes);
    }
  }

  /** Makes the call of a flight. It is on its way when this returns, where the client is connected. */
  call(flight: Flight<Adding<E, R>>, attempt: () => Promise<unknown>): Promise<unknown> {
    const call = new Call(this.context.runner, this.durably(attempt));
    flight.carrier = call;
    return call.reply();
  }

  /** A call that adds, and that resolves when as many replicas have it as the store wants; itself where it wants none. */
  durably(attempt: () => Promise<unknown>): () => Promise<unknown> {
    const { runner, host } = this.context;
    const { durability } = host;
    return durability ? () => awaitReplicas(runner.client, attempt, durability) : attempt;
  }

  close(message: string): void {
    this.group.close(message);
  }

  idle(): Promise<void> {
    return this.group.idle();
  }

  get isIdle(): boolean {
    return this.group.isIdle;
  }
}
