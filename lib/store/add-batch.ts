import type { ScriptRunner } from '../redis/script-runner.js';
import { addJobs } from '../redis/scripts.generated.js';
import { type AddedJob, type NewJob, readAdded } from './added-job.js';
import { GroupCommit } from './group-commit.js';
import type { Lane } from './lane.js';
import { resend } from './resend.js';

const LANES = 6;
const ENTRIES = 200;
const BYTES = 512 * 1024;
/** So many jobs go with an idle worker's own call; more are cheaper by themselves, its call following right behind. */
const FEW = 8;
const KEEP_TRYING_MS = 10_000;

/** A worker of this process that waits for jobs. */
export interface IdleWorker {
  /** Takes it off the list of waiters: its call, with what was added to it, goes out at the end of the microtasks. */
  wake: () => void;
  commit: { add(job: NewJob): Promise<AddedJob> };
}

interface Entry {
  job: NewJob;
  resolve: (added: AddedJob) => void;
  reject: (error: unknown) => void;
}

/** Adds jobs by group commit: what is added while a call is in flight joins the next one. */
export class AddBatch {
  private readonly group: GroupCommit<Entry>;

  /**
   * @param idleWorker an idle worker of this process for the queue, if there is one
   */
  constructor(
    private readonly runner: ScriptRunner,
    private readonly idleWorker: () => IdleWorker | undefined,
  ) {
    this.group = new GroupCommit<Entry>(runner.runtime, (lane, entries) => this.send(lane, entries), {
      lanes: LANES,
      entries: () => ENTRIES,
      bytes: BYTES,
    });
  }

  add(job: NewJob): Promise<AddedJob> {
    return new Promise((resolve, reject) => {
      this.group.push({ job, resolve, reject }, job.body.length);
    });
  }

  idle(): Promise<void> {
    return this.group.idle();
  }

  private async send(lane: Lane, entries: Entry[]): Promise<void> {
    const rest: string[] = [];
    for (const { job } of entries) {
      rest.push(job.id, job.spec, job.body);
    }
    const idle = this.idleWorker();
    if (idle && entries.length <= FEW) {
      // Woken first, so that one call serves its wish to fetch and the jobs added.
      idle.wake();
      await Promise.all(
        entries.map(({ job, resolve, reject }) => idle.commit.add(job).then(resolve, reject)),
      );
      return;
    }
    const seq = lane.next();
    const until = this.runner.runtime.now() + KEEP_TRYING_MS;
    try {
      const call = resend(
        this.runner.runtime,
        () => this.runner.run(addJobs, [0, lane.writer, seq, idle ? 0 : 1], rest),
        () => this.runner.runtime.now() < until,
      );
      idle?.wake();
      const answer = await call;
      const lines = String(answer).split('\n');
      const now = Number(lines[0]);
      for (let i = 0; i < entries.length; i += 1) {
        (entries[i] as Entry).resolve(readAdded(lines[i + 1] as string, now));
      }
    } catch (error) {
      for (const entry of entries) {
        entry.reject(error);
      }
    }
  }
}
