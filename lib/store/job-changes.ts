import type { FinishedState } from '../job/job-state.js';
import type { CancelCall, RetryOptions } from '../job/job-store.js';
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

  /** Returns ok, posted, missing, not-failed or not-completed. */
  retry(id: string, expected: FinishedState, front: boolean, options: RetryOptions): Promise<string> {
    const { resetAttemptsMade, resetAttemptsStarted } = options;
    const flags = [flag(front), flag(resetAttemptsMade), flag(resetAttemptsStarted)] as const;
    return this.once((writer, seq) =>
      this.scripts.run(retryJob, [REDIS_TIME, writer, seq, id, expected, ...flags]),
    );
  }

  /** Returns ok, unchanged, finished or missing. */
  signal(id: string, name: string, key: string, json: string): Promise<string> {
    return this.once((writer, seq) =>
      this.scripts.run(signalJob, [REDIS_TIME, writer, seq, id, name, key, json]),
    );
  }

  /** Returns cancelled, cancelled posted, cancelling, unchanged, undoing, finished or missing. */
  cancel(id: string, { json, keep, undo }: CancelCall): Promise<string> {
    return this.once((writer, seq) =>
      this.scripts.run(cancelJob, [REDIS_TIME, writer, seq, id, json, keep, flag(undo)]),
    );
  }

  /** Returns ok, missing or not-delayed. */
  promote(id: string): Promise<string> {
    return this.once((writer, seq) => this.scripts.run(promoteJob, [REDIS_TIME, writer, seq, id]));
  }

  /** Returns ok, missing or not-delayed. */
  changeDelay(id: string, delayMs: number): Promise<string> {
    return this.once((writer, seq) => this.scripts.run(changeDelay, [REDIS_TIME, writer, seq, id, delayMs]));
  }

  /** Returns ok or missing. */
  changePriority(id: string, priority: number, front: boolean): Promise<string> {
    return this.once((writer, seq) =>
      this.scripts.run(changePriority, [REDIS_TIME, writer, seq, id, priority, flag(front)]),
    );
  }

  /** Returns ok, posted, missing or locked. */
  remove(id: string): Promise<string> {
    return this.once((writer, seq) => this.scripts.run(removeJob, [REDIS_TIME, writer, seq, id]));
  }

  /** Returns posted, ok, unchanged or missing. */
  unlink(id: string): Promise<string> {
    return this.once((writer, seq) => this.scripts.run(unlinkChild, [REDIS_TIME, writer, seq, id]));
  }

  /** Returns ok or missing; `owner` '' for any. */
  removeDedupKey(id: string, owner: string): Promise<string> {
    return this.once((writer, seq) => this.scripts.run(removeDedupKey, [REDIS_TIME, writer, seq, id, owner]));
  }

  private once(attempt: (writer: string, seq: string) => Promise<unknown>): Promise<string> {
    return this.calls.numbered(({ writer, seq }) => attempt(writer, seq)) as Promise<string>;
  }
}
