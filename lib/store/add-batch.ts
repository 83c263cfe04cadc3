import { type AddedJob, type NewJob, readAdded } from '../job/added-job.js';
import { ConnectionClosedError } from '../job/errors.js';
import type { AddInHand } from '../job/job-taker.js';
import { stoppingAll } from '../job/new-job.js';
import { decodeAddJobsReply, encodeAddJobs } from '../job/wire.generated.js';
import { ReadyGate } from '../redis/ready-gate.js';
import { addJobs } from '../redis/scripts.generated.js';
import type { IdleWorker } from '../redis/wake-reader.js';
import { type Adding, AddGroup } from './add-group.js';
import type { CallSession } from './call-session.js';
import type { Flight } from './flight.js';
import type { StoreContext } from './store-context.js';

const LIMITS = { sessions: 6, entries: () => 200, bytes: 512 * 1024 };
/** So many jobs go with an idle worker's own call; more are cheaper by themselves, its call following right behind. */
const FEW = 8;
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** Adds jobs by group commit: what is added while a call is in flight joins the next one. */
export class AddBatch {
  private readonly group: AddGroup<NewJob, AddedJob>;
  private readonly gate: ReadyGate;

  /**
   * @param idleWorker an idle worker of this process for the queue, if there is one
   */
  constructor(
    private readonly context: Pick<StoreContext, 'runner' | 'calls' | 'patience' | 'lifetime' | 'host'>,
    private readonly idleWorker: () => IdleWorker | undefined,
  ) {
    this.gate = ReadyGate.of(context.runner.client);
    this.group = new AddGroup(context, LIMITS, (session, flight) => this.send(session, flight));
  }

  add(job: NewJob): Promise<AddedJob> {
    return this.group.add(job, job.body.length);
  }

  /** Adds all of these jobs in one call, or none where the group of one is full. */
  async addWhole(jobs: readonly NewJob[]): Promise<AddedJob[]> {
    const { runner, calls } = this.context;
    const rest = encodeAddJobs(jobs.map(({ id, spec, body }) => [id, stoppingAll(spec), body]));
    const answer = await calls.numbered(({ writer, seq }) =>
      this.group.durably(() => runner.run(addJobs, [REDIS_TIME, writer, seq, 1], rest))(),
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

  private async send(session: CallSession, flight: Flight<Adding<NewJob, AddedJob>>): Promise<void> {
    const { entries } = flight;
    const { runner, host } = this.context;
    const idle = this.idleWorker();
    // What waits for a connection can be taken back as long as it waits here.
    if (idle && !host.durability && entries.length <= FEW && this.gate.isOpen) {
      await this.handOn(idle, flight);
      return;
    }
    const args = [REDIS_TIME, session.writer, session.next(), idle ? 0 : 1] as const;
    const rest = encodeAddJobs(entries.map(({ entry: { id, spec, body } }) => [id, spec, body]));
    const { repeats } = runner;
    let tries = 0;
    const add = (): Promise<unknown> => {
      tries += 1;
      return runner.run(addJobs, args, rest);
    };
    try {
      const answering = this.group.call(flight, add);
      idle?.wake();
      const { time, words } = decodeAddJobsReply(await answering);
      if (idle && (tries > 1 || runner.repeats > repeats)) {
        // Its call may have been ahead of this one, and have found nothing.
        this.idleWorker()?.wake();
      }
      const now = Number(time);
      for (let i = 0; i < entries.length; i += 1) {
        settle(entries[i]!, words[i] as string, now);
      }
    } catch (error) {
      for (const { reject } of entries) {
        reject(error);
      }
    }
  }

  private async handOn({ wake, taker }: IdleWorker, flight: Flight<Adding<NewJob, AddedJob>>): Promise<void> {
    // Woken first, so that one call serves its wish to fetch and the jobs added.
    wake();
    const hands = flight.entries.map(({ entry }) => taker.addFor(entry));
    flight.carrier = {
      failure: undefined,
      mayBeWritten: true,
      withdraw: (i) => (hands[i] as AddInHand).withdraw(),
      abandon: () => {},
    };
    await Promise.all(
      hands.map(({ added }, i) => {
        const { entry, resolve, reject } = flight.entries[i]!;
        return added.then(resolve, (error: unknown) => {
          // A worker that closes before its call went out is not what was asked to add the job.
          if (error instanceof ConnectionClosedError && !error.mayBeWritten && flight.isOpen(i)) {
            this.add(entry).then(resolve, reject);
          } else {
            reject(error);
          }
        });
      }),
    );
  }
}

/** One job that was refused leaves the others alone. */
function settle({ resolve, reject }: Adding<NewJob, AddedJob>, line: string, now: number): void {
  try {
    resolve(readAdded(line, now));
  } catch (refused) {
    reject(refused);
  }
}
