import { type NewJob, readAdded } from '../job/added-job.js';
import { decodeAddJobsReply, decodeAddPlainReply, encodeAddJobs } from '../job/wire.generated.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { addJobs, addPlain } from '../redis/scripts.generated.js';
import type { AddedJobs } from './addition.js';

/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** The call that adds jobs, which may be sent again, and what its reply says. */
export interface AddCall {
  /**
   * @param wake whether the script is to wake an idle worker
   */
  send(runner: ScriptRunner, session: string, seq: string, wake: boolean): Promise<unknown>;
  read(reply: unknown): AddedJobs;
}

/** Most jobs ask for nothing, and are in fewer words then. */
export function addCallOf(jobs: readonly NewJob[]): AddCall {
  return jobs.every(({ id, spec }) => id === '' && spec === '')
    ? new PlainAddCall(jobs.map(({ body }) => body))
    : new AnyAddCall(jobs);
}

class PlainAddCall implements AddCall {
  constructor(private readonly bodies: readonly string[]) {}

  send(runner: ScriptRunner, session: string, seq: string, wake: boolean): Promise<unknown> {
    return runner.run(addPlain, [REDIS_TIME, session, seq, wake ? 1 : 0], this.bodies);
  }

  read(reply: unknown): AddedJobs {
    const { time, first } = decodeAddPlainReply(reply);
    const [now, firstId] = [Number(time), Number(first)];
    return (at) => ({ id: String(firstId + at), now, duplicated: false, deduplicated: false });
  }
}

class AnyAddCall implements AddCall {
  private readonly entries: ReturnType<typeof encodeAddJobs>;

  constructor(jobs: readonly NewJob[]) {
    this.entries = encodeAddJobs(jobs.map(({ id, spec, body }) => [id, spec, body]));
  }

  send(runner: ScriptRunner, session: string, seq: string, wake: boolean): Promise<unknown> {
    return runner.run(addJobs, [REDIS_TIME, session, seq, wake ? 1 : 0], this.entries);
  }

  read(reply: unknown): AddedJobs {
    const { time, words } = decodeAddJobsReply(reply);
    const now = Number(time);
    return (at) => readAdded(words[at] as string, now);
  }
}
