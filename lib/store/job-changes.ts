import type { FinishedState } from '../job/job-state.js';
import type { CancelCall, RetryOptions } from '../job/job-store.js';
import type { ReplyOf } from '../redis/script.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import {
  cancelJob,
  changeDelay,
  changePriority,
  promoteJob,
  removeDedupKey,
  removeJob,
  retryJob,
  signalJob,
  unlinkChild,
} from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';

/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

const flag = (value: boolean | undefined): number => (value ? 1 : 0);

/** Changes that people and programs ask of single jobs: one method, one script. Words are returned as they are. */
export class JobChanges {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
  ) {}

  retry(
    id: string,
    expected: FinishedState,
    front: boolean,
    options: RetryOptions,
  ): Promise<ReplyOf<typeof retryJob>> {
    const { resetAttemptsMade, resetAttemptsStarted } = options;
    const flags = [flag(front), flag(resetAttemptsMade), flag(resetAttemptsStarted)] as const;
    return this.once((writer, seq) =>
      this.scripts.run(retryJob, [REDIS_TIME, writer, seq, id, expected, ...flags]),
    );
  }

  signal(id: string, name: string, key: string, json: string): Promise<ReplyOf<typeof signalJob>> {
    return this.once((writer, seq) =>
      this.scripts.run(signalJob, [REDIS_TIME, writer, seq, id, name, key, json]),
    );
  }

  cancel(id: string, { json, keep, undo }: CancelCall): Promise<ReplyOf<typeof cancelJob>> {
    return this.once((writer, seq) =>
      this.scripts.run(cancelJob, [REDIS_TIME, writer, seq, id, json, keep, flag(undo)]),
    );
  }

  promote(id: string): Promise<ReplyOf<typeof promoteJob>> {
    return this.once((writer, seq) => this.scripts.run(promoteJob, [REDIS_TIME, writer, seq, id]));
  }

  changeDelay(id: string, delayMs: number): Promise<ReplyOf<typeof changeDelay>> {
    return this.once((writer, seq) => this.scripts.run(changeDelay, [REDIS_TIME, writer, seq, id, delayMs]));
  }

  changePriority(id: string, priority: number, front: boolean): Promise<ReplyOf<typeof changePriority>> {
    return this.once((writer, seq) =>
      this.scripts.run(changePriority, [REDIS_TIME, writer, seq, id, priority, flag(front)]),
    );
  }

  remove(id: string): Promise<ReplyOf<typeof removeJob>> {
    return this.once((writer, seq) => this.scripts.run(removeJob, [REDIS_TIME, writer, seq, id]));
  }

  unlink(id: string): Promise<ReplyOf<typeof unlinkChild>> {
    return this.once((writer, seq) => this.scripts.run(unlinkChild, [REDIS_TIME, writer, seq, id]));
  }

  /** @param owner '' for any */
  removeDedupKey(id: string, owner: string): Promise<ReplyOf<typeof removeDedupKey>> {
    return this.once((writer, seq) => this.scripts.run(removeDedupKey, [REDIS_TIME, writer, seq, id, owner]));
  }

  private once<Reply>(attempt: (writer: string, seq: string) => Promise<Reply>): Promise<Reply> {
    return this.calls.numbered(({ writer, seq }) => attempt(writer, seq));
  }
}
