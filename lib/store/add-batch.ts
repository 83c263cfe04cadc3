import { type AddedJob, type NewJob, readAdded } from '../job/added-job.js';
import { BacklogFullError, ConnectionClosedError } from '../job/errors.js';
import type { AddInHand } from '../job/job-taker.js';
import { decodeAddJobsReply, encodeAddJobs } from '../job/wire.generated.js';
import { ReadyGate } from '../redis/ready-gate.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { awaitReplicas } from '../redis/await-replicas.js';
import { addJobs } from '../redis/scripts.generated.js';
import type { IdleWorker } from '../redis/wake-reader.js';
import { Call } from './call.js';
import type { Durability } from './durability.js';
import type { Flight } from './flight.js';
import { GroupCommit } from './group-commit.js';
import type { CallSession } from './call-session.js';
import type { Lifetime } from './lifetime.js';
import type { Patience } from './patience.js';

const SESSIONS = 6;
const ENTRIES = 200;
const BYTES = 512 * 1024;
/** So many jobs go with an idle worker's own call; more are cheaper by themselves, its call following right behind. */
const FEW = 8;

interface Entry {
  job: NewJob;
  resolve: (added: AddedJob) => void;
  reject: (error: unknown) => void;
}

/** Adds jobs by group commit: what is added while a call is in flight joins the next one. */
export class AddBatch {
  private readonly group: GroupCommit<Entry>;
  private readonly gate: ReadyGate;

  /**
   * @param backlog how many may wait while Redis does not answer
   * @param durability how many replicas are to have what was added
   * @param idleWorker an idle worker of this process for the queue, if there is one
   */
  constructor(
    private readonly runner: ScriptRunner,
    patience: Patience,
    private readonly lifetime: Lifetime,
    private readonly backlog: number,
    private readonly idleWorker: () => IdleWorker | undefined,
    private readonly durability?: Durability,
  ) {
    this.gate = ReadyGate.of(runner.client);
    this.group = new GroupCommit<Entry>(
      (session, flight) => this.send(session, flight),
      ({ reject }, error) => reject(error),
      patience,
      { sessions: SESSIONS, entries: () => ENTRIES, bytes: BYTES },
    );
  }

  add(job: NewJob): Promise<AddedJob> {
    return new Promise((resolve, reject) => {
      if (this.lifetime.isOver) {
        reject(this.lifetime.refusal());
      } else if (this.group.isFull(this.backlog)) {
        reject(new BacklogFullError(this.backlog));
      } else {
        this.group.push({ job, resolve, reject }, job.body.length);
      }
    });
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
    if (idle && !this.durability && entries.length <= FEW && this.gate.isOpen) {
      await this.handOn(idle, flight);
      return;
    }
    const seq = session.next();
    const rest = encodeAddJobs(entries.map(({ job: { id, spec, body } }) => [id, spec, body]));
    const add = (): Promise<unknown> =>
      this.runner.run(addJobs, [0, session.writer, seq, idle ? 0 : 1], rest);
    const { durability } = this;
    const call = new Call(
      this.runner,
      durability ? () => awaitReplicas(this.runner.client, add, durability) : add,
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
