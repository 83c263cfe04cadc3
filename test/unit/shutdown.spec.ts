import { describe, expect, it } from '@jest/globals';
import { WorkerClosingError } from '../../lib/job/errors.js';
import type { Job } from '../../lib/job/job.js';
import type { QueueStore } from '../../lib/store/queue-store.js';
import type { CommitLoop } from '../../lib/worker/commit-loop.js';
import { LockKeeper } from '../../lib/worker/lock-keeper.js';
import { Run } from '../../lib/worker/run.js';
import { Shutdown } from '../../lib/worker/shutdown.js';
import { settled, StillTime } from '../support/still-time.js';

const CLOSE_MS = 5000;
const LAST_CALLS_MS = 1000;

/** The end of a worker whose jobs run until a test says otherwise. */
class Closing {
  readonly time = new StillTime();
  /** What happens, in its order. */
  readonly log: string[] = [];
  /** Calls under way, and what else is to stop. */
  calls: Promise<void> = Promise.resolve();
  others: Promise<void> = Promise.resolve();
  /** Whether Redis takes what is handed back. */
  answers = true;
  readonly locks = new LockKeeper(
    this.time.runtime,
    { lockMs: 60_000, renewMs: Infinity },
    { renew: async () => [], renewed: () => {}, lost: () => {}, failed: () => {} },
  );
  readonly shutdown = new Shutdown(
    this.time.runtime,
    {
      queueName: 'q',
      idle: () => this.calls,
      close: (who: string) => void this.log.push(`${who} is closed`),
    } as unknown as QueueStore,
    {
      idle: () => this.calls,
      push: ([what, id]: string[], settle: (word: string) => void) => {
        this.log.push(`${what} ${id}`);
        if (this.answers) settle('ok');
      },
    } as unknown as CommitLoop,
    this.locks,
  );

  hold(id: string): Run {
    const run = new Run({ id } as Job, 'w:1');
    this.locks.hold(run, this.time.now);
    return run;
  }

  async close(timeoutMs?: number): Promise<void> {
    const over = this.shutdown.run(timeoutMs, async () => {
      this.log.push('others stop');
      await this.others;
    });
    void over.then(() => this.log.push('over'));
    await settled();
  }
}

const END = ['others stop', 'The worker of q is closed', 'over'];

describe('the end of a worker', () => {
  it('comes at once where nothing runs', async () => {
    const closing = new Closing();
    await closing.close();

    expect(closing.log).toEqual(END);
    expect(closing.locks.isStopped).toBe(true);
    expect(closing.time.isSet).toBe(false);
  });

  it('waits for running jobs, and hands back none that ends in time', async () => {
    const closing = new Closing();
    const run = closing.hold('1');
    await closing.close(CLOSE_MS);
    await closing.time.pass(CLOSE_MS - 1);
    expect(closing.log).toEqual([]);

    closing.locks.release(run);
    await settled();

    expect(closing.log).toEqual(END);
    expect(run.isAborted).toBe(false);
  });

  it('aborts what still runs at the deadline and hands it back, the newest first', async () => {
    const closing = new Closing();
    const [older, newer] = [closing.hold('1'), closing.hold('2')];
    await closing.close(CLOSE_MS);

    await closing.time.pass(CLOSE_MS);

    expect(closing.log).toEqual(['postpone 2', 'postpone 1', ...END]);
    expect([older.handedBack, newer.handedBack]).toEqual([true, true]);
    expect(older.signal.reason).toBeInstanceOf(WorkerClosingError);
  });

  it('takes the earliest deadline of all who ask', async () => {
    const closing = new Closing();
    closing.hold('1');
    await closing.close(CLOSE_MS);
    await closing.close(10);

    await closing.time.pass(10);

    expect(closing.log).toEqual(['postpone 1', ...END, 'over']);
  });

  it('leaves running jobs to their locks where it is told to', async () => {
    const closing = new Closing();
    const run = closing.hold('1');
    closing.shutdown.leavesJobs = true;
    await closing.close(0);
    await closing.time.pass(0);

    expect(closing.log).toEqual(END);
    expect(run.isAborted).toBe(true);
  });

  it('hands back at once what comes with a call that was on its way', async () => {
    const closing = new Closing();
    closing.others = new Promise(() => {});
    await closing.close(0);
    await closing.time.pass(0);
    expect(closing.shutdown.isHandingBack).toBe(true);
    expect(closing.shutdown.isOver).toBe(false);
  });

  it('survives a Redis that does not answer, and parts that do not stop: it waits for so long and no longer', async () => {
    const closing = new Closing();
    const never = new Promise<void>(() => {});
    Object.assign(closing, { calls: never, others: never, answers: false });
    closing.hold('1');
    await closing.close(0);
    await closing.time.pass(LAST_CALLS_MS - 1);
    expect(closing.log).toEqual(['postpone 1', 'others stop']);

    await closing.time.pass(1);

    expect(closing.log).toEqual(['postpone 1', 'others stop', 'The worker of q is closed', 'over']);
  });
});
