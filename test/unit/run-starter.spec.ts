import { describe, expect, it } from '@jest/globals';
import type { JobRecord } from '../../lib/job/job-record.js';
import { LockKeeper } from '../../lib/worker/lock-keeper.js';
import type { Run } from '../../lib/worker/run.js';
import { RunStarter, type StartingParts } from '../../lib/worker/run-starter.js';
import { OpenCalls, settled, StillTime } from '../support/still-time.js';

const LOCK_MS = 400;

/** A starter whose parts write down what becomes of runs. */
class Starting {
  readonly time = new StillTime();
  readonly log: string[] = [];
  readonly renewals = new OpenCalls<(readonly [string, string])[], string[]>();
  cancelled: string | undefined;
  readonly locks = new LockKeeper(
    this.time.runtime,
    { lockMs: LOCK_MS, renewMs: Infinity },
    { renew: this.renewals.call, renewed: () => {}, lost: () => {}, failed: () => {} },
  );
  private readonly say =
    (what: string) =>
    (run: Run): void =>
      void this.log.push(`${what} ${run.job.id}`);
  readonly starter = new RunStarter(
    {
      store: { runtime: this.time.runtime, jobs: {} },
      loop: {
        began: () => this.log.push('slot taken'),
        ended: () => this.log.push('slot free'),
        push: () => {},
      },
      locks: this.locks,
      notices: { cancelledBefore: () => this.cancelled },
      shutdown: { isHandingBack: false, handBack: this.say('handed back') },
      attempts: { start: this.say('started'), fail: this.say('failed'), leave: this.say('left') },
      planner: { need: (ids: string[]) => this.log.push(`slots of ${ids.join()}`) },
      ...{ batches: undefined, prefetch: undefined },
    } as unknown as StartingParts,
    'w',
    () => {},
  );

  /** Grants of calls that were sent so many milliseconds ago. */
  async begin(ids: readonly string[], agoMs = 0, fields: JobRecord['fields'] = {}): Promise<void> {
    const records = ids.map((id) => ({ id, body: '7\na\n{}\n{}', token: 'w:1', fields }));
    this.starter.beginAll(records, this.time.now - agoMs);
    await settled();
  }
}

describe('a run starter', () => {
  it('holds the lock of each job that was granted, and starts it', async () => {
    const starting = new Starting();
    await starting.begin(['1', '2']);

    expect(starting.log).toEqual(['started 1', 'started 2']);
    expect(starting.locks.runs().map(({ lockedUntil }) => lockedUntil - starting.time.now)).toEqual([
      LOCK_MS,
      LOCK_MS,
    ]);
  });

  it('asks for a job whose grant took longer than its lock lasts, and starts it where it is held still', async () => {
    const starting = new Starting();
    await starting.begin(['1'], LOCK_MS);
    expect(starting.log).toEqual([]);

    await starting.renewals.last.answer([]);

    expect(starting.log).toEqual(['started 1']);
  });

  it('survives a grant that came too late: it starts no job that another worker may have', async () => {
    const starting = new Starting();
    await starting.begin(['1'], LOCK_MS);

    await starting.renewals.last.answer(['1']);

    expect(starting.log).toEqual(['left 1']);
  });

  it('starts no job that was handed back while it was asked for', async () => {
    const starting = new Starting();
    await starting.begin(['1'], LOCK_MS);
    starting.locks.runs()[0]!.handedBack = true;

    await starting.renewals.last.answer([]);

    expect(starting.log).toEqual(['left 1']);
  });

  it('starts a job that was cancelled on its way as cancelled', async () => {
    const starting = new Starting();
    starting.cancelled = 'u"too late"';
    await starting.begin(['1']);

    expect(starting.locks.runs()[0]!.isAborted).toBe(true);
  });

  it('fails a job that stalled too often, in a slot of its own', async () => {
    const starting = new Starting();
    starting.starter.failStalled(
      { id: '1', body: '7\na\n{}\n{}', token: 'w:1', fields: {} } as JobRecord,
      starting.time.now,
    );

    expect(starting.log).toEqual(['slot taken', 'failed 1']);
  });

  it('has slots of a scheduler planned that has few left', async () => {
    const starting = new Starting();
    await starting.begin(['1'], 0, { scheduler: 's', planned: '1' } as JobRecord['fields']);

    expect(starting.log).toEqual(['slots of s', 'started 1']);
  });
});
