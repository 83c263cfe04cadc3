import type { AddedJob, NewJob } from '../job/added-job.js';
import { ConnectionClosedError } from '../job/errors.js';
import type { AddInHand } from '../job/job-taker.js';
import { stoppingAll } from '../job/new-job.js';
import { ReadyGate } from '../redis/ready-gate.js';
import type { IdleWorker } from '../redis/wake-reader.js';
import { addCallOf } from './add-call.js';
import { type AddedJobs, type Addition, ManyJobs, OneJob } from './addition.js';
import { type Adding, AddGroup } from './add-group.js';
import type { CallSession } from './call-session.js';
import type { Flight } from './flight.js';
import type { StoreContext } from './store-context.js';

/** What one call takes. */
const [JOBS, BYTES] = [200, 512 * 1024];
/** So many jobs go with an idle worker's own call; more are cheaper by themselves, its call following right behind. */
const FEW = 8;

type Entry = Adding<Addition, any>;

const LIMITS = {
  ...{ sessions: 6, entries: () => JOBS, bytes: BYTES },
  weigh: ({ entry }: Entry) => entry.count,
};

/** Adds jobs by group commit: what is added while a call is in flight joins the next one. */
export class AddBatch {
  private readonly group: AddGroup<Addition, any>;
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

  /**
   * Adds one job.
   * @param made what to resolve with, given what became of the job and `about`
   */
  add<About, Result>(
    job: NewJob,
    made: (added: AddedJob, about: About) => Result,
    about: About,
  ): Promise<Result> {
    return this.group.add(new OneJob(job, made, about), job.body.length);
  }

  /** Adds many jobs. Where one is refused it rejects, though others may have been added. */
  async addMany(jobs: readonly NewJob[]): Promise<AddedJob[]> {
    if (jobs.length <= FEW) {
      return Promise.all(jobs.map((job) => this.add(job, itself, undefined)));
    }
    const slices: Promise<AddedJob[]>[] = [];
    for (let [from, bytes, at] = [0, 0, 0]; at < jobs.length; at += 1) {
      bytes += jobs[at]!.body.length;
      const next = jobs[at + 1];
      if (next === undefined || at + 1 - from === JOBS || bytes + next.body.length > BYTES) {
        slices.push(this.group.add(new ManyJobs(jobs.slice(from, at + 1)), bytes));
        [from, bytes] = [at + 1, 0];
      }
    }
    return (await Promise.all(slices)).flat();
  }

  /** Adds all of these jobs in one call, or none where the group of one is full. */
  async addWhole(jobs: readonly NewJob[]): Promise<AddedJob[]> {
    const { runner, calls } = this.context;
    const call = addCallOf(jobs.map((job) => ({ ...job, spec: stoppingAll(job.spec) })));
    const reply = await calls.numbered(({ writer, seq }) =>
      this.group.durably(() => call.send(runner, writer, seq, true))(),
    );
    const added = call.read(reply);
    return jobs.map((_job, i) => added(i));
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
    const { runner, host } = this.context;
    const idle = this.idleWorker();
    // What waits for a connection can be taken back as long as it waits here.
    if (idle && !host.durability && areFew(entries) && this.gate.isOpen) {
      await this.handOn(idle, flight);
      return;
    }
    const jobs: NewJob[] = [];
    for (const { entry } of entries) entry.appendTo(jobs);
    const call = addCallOf(jobs);
    const seq = session.next();
    const { repeats } = runner;
    let tries = 0;
    const add = (): Promise<unknown> => {
      tries += 1;
      return call.send(runner, session.writer, seq, !idle);
    };
    try {
      const replying = this.group.call(flight, add);
      idle?.wake();
      const reply = await replying;
      if (idle && (tries > 1 || runner.repeats > repeats)) {
        // Its call may have been ahead of this one, and have found nothing.
        this.idleWorker()?.wake();
      }
      settleOpen(flight, call.read(reply));
    } catch (error) {
      for (const { reject } of entries) {
        reject(error);
      }
    }
  }

  private async handOn({ wake, taker }: IdleWorker, flight: Flight<Entry>): Promise<void> {
    // Woken first, so that one call serves its wish to fetch and the jobs added.
    wake();
    const hands = flight.entries.map(({ entry }) => taker.addFor((entry as OneJob<unknown, unknown>).job));
    flight.carrier = {
      failure: undefined,
      mayBeWritten: true,
      withdraw: (i) => (hands[i] as AddInHand).withdraw(),
      abandon: () => {},
    };
    await Promise.all(
      hands.map(({ added }, i) => {
        const adding = flight.entries[i]!;
        return added.then(
          (job) => flight.isOpen(i) && settle(adding, 0, () => job),
          (error: unknown) => {
            // A worker that closes before its call went out is not what was asked to add the job.
            if (error instanceof ConnectionClosedError && !error.mayBeWritten && flight.isOpen(i)) {
              this.group.push(adding, (adding.entry as OneJob<unknown, unknown>).job.body.length);
            } else {
              adding.reject(error);
            }
          },
        );
      }),
    );
  }
}

function itself(added: AddedJob): AddedJob {
  return added;
}

/** Few that came one by one. */
function areFew(entries: readonly Entry[]): boolean {
  return entries.length <= FEW && entries.every(({ entry }) => entry instanceof OneJob);
}

/** Those that were given up have been settled. What was refused leaves alone what others have added. */
function settleOpen(flight: Flight<Entry>, added: AddedJobs): void {
  let first = 0;
  for (const [i, adding] of flight.entries.entries()) {
    if (flight.isOpen(i)) {
      settle(adding, first, added);
    }
    first += adding.entry.count;
  }
}

function settle({ entry, resolve, reject }: Entry, first: number, added: AddedJobs): void {
  try {
    resolve(entry.resultAt(first, added));
  } catch (refused) {
    reject(refused);
  }
}
