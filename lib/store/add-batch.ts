import type { ScriptRunner } from '../redis/script-runner.js';
import { addJobs } from '../redis/scripts.generated.js';
import { GroupCommit } from './group-commit.js';
import type { Lane } from './lane.js';
import { resend } from './resend.js';

const LANES = 6;
const ENTRIES = 200;
const BYTES = 512 * 1024;
const KEEP_TRYING_MS = 10_000;

/** A job to add, in the form that the script takes. */
export interface NewJob {
  /** '' for the next number. */
  id: string;
  /** 'delayMs,priority,front,timestamp', '' when none is set. */
  spec: string;
  /** See `encodeBody`. */
  body: string;
}

/** What became of an added job. */
export interface AddedJob {
  id: string;
  /** Redis' time of the call. */
  now: number;
  /** Whether a job with that id was there already; nothing was written then. */
  duplicated: boolean;
}

interface Entry {
  job: NewJob;
  resolve: (added: AddedJob) => void;
  reject: (error: unknown) => void;
}

/** Adds jobs by group commit: what is added while a call is in flight joins the next one. */
export class AddBatch {
  private readonly group = new GroupCommit<Entry>((lane, entries) => this.send(lane, entries), {
    lanes: LANES,
    entries: () => ENTRIES,
    bytes: BYTES,
  });

  /**
   * @param idleWorker takes an idle worker of this process, if there is one: calling the answer makes it fetch. Its
   *   call then follows right behind the add, and no other process is woken.
   */
  constructor(
    private readonly runner: ScriptRunner,
    private readonly idleWorker: () => (() => void) | undefined,
  ) {}

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
    const seq = lane.next();
    const until = Date.now() + KEEP_TRYING_MS;
    try {
      const wakeHere = this.idleWorker();
      const call = resend(
        () => this.runner.run(addJobs, [0, lane.writer, seq, wakeHere ? 0 : 1], rest),
        () => Date.now() < until,
      );
      wakeHere?.();
      const answer = await call;
      const lines = String(answer).split('\n');
      const now = Number(lines[0]);
      for (let i = 0; i < entries.length; i += 1) {
        const line = lines[i + 1] as string;
        (entries[i] as Entry).resolve({ id: line.slice(1), now, duplicated: line[0] === '=' });
      }
    } catch (error) {
      for (const entry of entries) {
        entry.reject(error);
      }
    }
  }
}
