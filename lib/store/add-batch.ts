import { type AddedJob, type NewJob, readAdded } from '../job/added-job.js';
import { BacklogFullError, ConnectionClosedError } from '../job/errors.js';
import type { AddInHand } from '../job/job-taker.js';
import { decodeAddJobsReply, encodeAddJobs } from '../job/wire.generated.js';
import { ReadyGate } from '../redis/ready-gate.js';
import { addJobs } from '../redis/scripts.generated.js';
import type { IdleWorker } from '../redis/wake-reader.js';
import { BACKLOG } from './backlog.js';
import { Call } from './call.js';
import { durably } from './durably.js';
import type { Flight } from './flight.js';
import { GroupCommit } from './group-commit.js';
import type { CallSession } from './call-session.js';
import { stoppingAll } from './new-job.js';
import type { StoreContext } from './store-context.js';

const SESSIONS = 6;
const ENTRIES = 200;
const BYTES = 512 * 1024;
/** So many jobs go with an idle worker's own call; more are cheaper by themselves, its call following right behind. */
const FEW = 8;
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

interface Entry {
  job: NewJob;
  resolve: (added: AddedJob) => void;
  reject: (error: unknown) => void;
}

/** Adds jobs by group commit: what is added while a call is in flight joins the next one. */
export class AddBatch {
  private readonly group: GroupCommit<Entry>;
  private readonly gate: ReadyGate;
  private readonly backlog: number;

  /**
   * @param idleWorker an idle worker of this process for the queue, if there is one
   */
  constructor(
    private readonly context: Pick<StoreContext, 'runner' | 'calls' | 'patience' | 'lifetime' | 'host'>,
    private readonly idleWorker: () => IdleWorker | undefined,
  ) {
    this.backlog = context.host.backlog ?? BACKLOG;
    this.gate = ReadyGate.of(context.runner.client);
    this.group = new GroupCommit<Entry>(
      (session, flight) => this.send(session, flight),
      ({ reject }, error) => reject(error),
      context.patience,
      { sessions: SESSIONS, entries: () => ENTRIES, bytes: BYTES },
    );
  }

  add(job: NewJob): Promise<AddedJob> {
    return new Promise((resolve, reject) => {
      const { lifetime } = this.context;
      if (lifetime.isOver) {
        reject(lifetime.refusal());
      } else if (this.group.isFull(this.backlog)) {
        reject(new BacklogFullError(this.backlog));
      } else {
        this.group.push({ job, resolve, reject }, job.body.length);
      }
    });
  }

  /** Adds all of these jobs in one call, or none where the group of one is full. */
  async addWhole(jobs: readonly NewJob[]): Promise<AddedJob[]> {
    const { runner, calls } = this.context;
    const rest = encodeAddJobs(jobs.map(({ id, spec, body }) => [id, stoppingAll(spec), body]));
    const answer = await calls.numbered(({ writer, seq }) =>
      durably(this.context, () => runner.run(addJobs, [REDIS_TIME, writer, seq, 1], rest))(),
    );
    const { time, words } = decodeAddJobsReply(answer);
    return words.map((word) => readAdded(word, Number(time)));
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

  private async send(session: CallSession, flight: Flight<Entry>): Promise<void> {
    const { entries } = flight;
    const idle = this.idleWorker();
    // What waits for a connection can be taken back as long as it waits here.
    if (idle && !this.context.host.durability && entries.length <= FEW && this.gate.isOpen) {
      await this.handOn(idle, flight);
      return;
    }
    const seq = session.next();
    const rest = encodeAddJobs(entries.map(({ job: { id, spec, body } }) => [id, spec, body]));
    const { runner } = this.context;
    const args = [REDIS_TIME, session.writer, seq, idle ? 0 : 1] as const;
    const call = new Call(
      runner,
      durably(this.context, () => runner.run(addJobs, args, rest)),
    );
    flight.carrier = call;
    try {
      const answering = call.answer();
      idle?.wake();
      const { time, words } = decodeAddJobsReply(await answering);
      const now = Number(time);
      for (let i = 0; i < entries.length; i += 1) {
        settle(entries[i] as Entry, words[i] as string, now);
      }
    } catch (error) {
      for (const entry of entries) {
        entry.reject(error);
      }
    }
  }

  private async handOn({ wake, taker }: IdleWorker, flight: Flight<Entry>): Promise<void> {
    // Woken first, so that one call serves its wish to fetch and the jobs added.
    wake();
    const hands = flight.entries.map(({ job }) => taker.addFor(job));
    flight.carrier = {
      failure: undefined,
      mayBeWritten: true,
      withdraw: (i) => (hands[i] as AddInHand).withdraw(),
      abandon: () => {},
    };
    await Promise.all(
      hands.map(({ added }, i) => {
        const { job, resolve, reject } = flight.entries[i] as Entry;
        return added.then(resolve, (error: unknown) => {
          // A worker that closes before its call went out is not what was asked to add the job.
          if (error instanceof ConnectionClosedError && !error.mayBeWritten && flight.isOpen(i)) {
            this.add(job).then(resolve, reject);
          } else {
            reject(error);
          }
        });
      }),
    );
  }
}

/** One job that was refused leaves the others alone. */
function settle({ resolve, reject }: Entry, line: string, now: number): void {
  try {
    resolve(readAdded(line, now));
  } catch (refused) {
    reject(refused);
  }
}
