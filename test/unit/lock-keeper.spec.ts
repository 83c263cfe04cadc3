import { describe, expect, it } from '@jest/globals';
import { LockLostError } from '../../lib/job/errors.js';
import type { Job } from '../../lib/job/job.js';
import { LockKeeper } from '../../lib/worker/lock-keeper.js';
import { Run } from '../../lib/worker/run.js';
import { OpenCalls, StillTime } from '../support/still-time.js';

const LOCK_MS = 400;
const RENEW_MS = 100;

/** A keeper whose renewals a test answers, in a time that stands still. */
class Kept {
  readonly time = new StillTime();
  readonly renewals = new OpenCalls<(readonly [string, string])[], string[]>();
  readonly lost: string[][] = [];
  readonly renewed: string[][] = [];
  readonly failures: unknown[] = [];
  readonly keeper: LockKeeper;

  constructor({ lockMs = LOCK_MS, renewMs = RENEW_MS } = {}) {
    this.keeper = new LockKeeper(
      this.time.runtime,
      { lockMs, renewMs },
      {
        renew: this.renewals.call,
        renewed: (ids) => void this.renewed.push(ids),
        lost: (ids) => void this.lost.push(ids),
        failed: (error) => void this.failures.push(error),
      },
    );
    this.keeper.start();
  }

  hold(id: string, token = 'w:1'): Run {
    const run = new Run({ id } as Job, token);
    this.keeper.hold(run, this.time.now);
    return run;
  }
}

describe('a lock keeper', () => {
  it('renews all locks in one call, an interval after the first was granted, and again after that', async () => {
    const kept = new Kept();
    const { time, renewals, renewed } = kept;
    kept.hold('1');
    await time.pass(60);
    kept.hold('2', 'w:2');

    await time.pass(39);
    expect(renewals.made).toHaveLength(0);
    await time.pass(1);
    expect(renewals.last.args).toEqual([
      ['1', 'w:1'],
      ['2', 'w:2'],
    ]);

    await renewals.last.answer([]);
    expect(renewed).toEqual([['1', '2']]);
    await time.pass(RENEW_MS);
    expect(renewals.made).toHaveLength(2);
    expect(kept.lost).toEqual([]);
  });

  it('makes no second renewal beside one that Redis is slow with', async () => {
    const kept = new Kept();
    kept.hold('1');

    await kept.time.pass(RENEW_MS * 3);

    expect(kept.renewals.made).toHaveLength(1);
  });

  it('aborts a run by the deadline of its lock while Redis answers nothing', async () => {
    const kept = new Kept();
    const run = kept.hold('1');

    await kept.time.pass(LOCK_MS - 1);
    expect(run.isAborted).toBe(false);
    await kept.time.pass(1);

    expect(run.signal.reason).toBeInstanceOf(LockLostError);
    expect(kept.lost).toEqual([['1']]);
  });

  it('counts a lock from when its renewal was sent, not from when it was answered', async () => {
    const kept = new Kept();
    const run = kept.hold('1');
    await kept.time.pass(RENEW_MS);
    const sentAt = kept.time.now;
    await kept.time.pass(250);

    await kept.renewals.last.answer([]);

    expect(run.lockedUntil).toBe(sentAt + LOCK_MS);
  });

  it('tries a renewal that failed again before the next is due, and loses nothing when that works', async () => {
    const kept = new Kept();
    const run = kept.hold('1');
    await kept.time.pass(RENEW_MS);
    await kept.renewals.last.fail(new Error('refused'));
    expect(kept.failures).toEqual([new Error('refused')]);

    await kept.time.pass(RENEW_MS / 4);
    expect(kept.renewals.made).toHaveLength(2);
    await kept.renewals.last.answer([]);

    expect(run.isAborted).toBe(false);
    expect(kept.renewed).toEqual([['1']]);
  });

  it('aborts a run although each renewal is refused at once', async () => {
    const kept = new Kept();
    const run = kept.hold('1');
    for (let ms = 0; ms < LOCK_MS; ms += 5) {
      await kept.time.pass(5);
      if (kept.renewals.made.length > kept.failures.length)
        await kept.renewals.last.fail(new Error('refused'));
    }

    expect(run.isAborted).toBe(true);
    expect(kept.lost).toEqual([['1']]);
  });

  it('aborts the run whose lock Redis says is gone, and no other', async () => {
    const kept = new Kept();
    const [gone, stays] = [kept.hold('1'), kept.hold('2')];
    await kept.time.pass(RENEW_MS);

    await kept.renewals.last.answer(['1']);

    expect([gone.isAborted, stays.isAborted]).toEqual([true, false]);
    expect([kept.lost, kept.renewed]).toEqual([[['1']], [['2']]]);
  });

  it('lets a run be that ended while the renewal was on its way', async () => {
    const kept = new Kept();
    const [ended, ending] = [kept.hold('1'), kept.hold('2')];
    await kept.time.pass(RENEW_MS);
    kept.keeper.release(ended);
    ending.isEnding = true;

    await kept.renewals.last.answer(['1', '2']);

    expect([ended.isAborted, ending.isAborted]).toEqual([false, false]);
    expect(kept.lost).toEqual([]);
  });

  it('asks Redis before it gives up what a process that stood still itself has held for too long', async () => {
    const kept = new Kept();
    const run = kept.hold('1');

    await kept.time.standStill(LOCK_MS * 5);
    expect(run.isAborted).toBe(false);
    expect(kept.renewals.made).toHaveLength(1);
    await kept.renewals.last.answer([]);
    await kept.time.pass(RENEW_MS - 1);

    expect(run.isAborted).toBe(false);
  });

  it('waits a part of the lock for that answer, and no longer', async () => {
    const kept = new Kept();
    const run = kept.hold('1');
    await kept.time.standStill(LOCK_MS * 5);

    await kept.time.pass(LOCK_MS / 4);

    expect(run.isAborted).toBe(true);
  });

  it('aborts the older of two runs of one job, and renews the lock of the newer', async () => {
    const kept = new Kept();
    const [older, newer] = [kept.hold('1', 'w:1'), kept.hold('1', 'w:2')];

    await kept.time.pass(RENEW_MS);

    expect([older.isAborted, newer.isAborted]).toEqual([true, false]);
    expect(kept.renewals.last.args).toEqual([['1', 'w:2']]);
  });

  it('goes by the deadline of a lock that another call has confirmed', async () => {
    const kept = new Kept({ renewMs: Infinity });
    const run = kept.hold('1');
    kept.keeper.confirmed(run, kept.time.now + 1000);

    await kept.time.pass(999);
    expect(run.isAborted).toBe(false);
    await kept.time.pass(1);

    expect(run.isAborted).toBe(true);
    expect(kept.renewals.made).toHaveLength(0);
  });

  it('doubts a lock that was granted too long ago, and asks Redis for it', async () => {
    const kept = new Kept();
    const run = kept.hold('1');
    expect(kept.keeper.isDoubtful(run)).toBe(false);
    kept.keeper.hold(run, kept.time.now - LOCK_MS);
    expect(kept.keeper.isDoubtful(run)).toBe(true);

    const confirming = kept.keeper.confirm(run);
    await kept.renewals.last.answer([]);

    expect(await confirming).toBe(true);
    expect(kept.keeper.isDoubtful(run)).toBe(false);
  });

  it.each<[string, (kept: Kept) => Promise<void>]>([
    ['is gone', (kept) => kept.renewals.last.answer(['1'])],
    ['cannot be asked for', (kept) => kept.renewals.last.fail(new Error('refused'))],
  ])('aborts the run whose doubtful lock %s', async (_case, reply) => {
    const kept = new Kept();
    const run = kept.hold('1');
    const confirming = kept.keeper.confirm(run);
    await reply(kept);

    expect(await confirming).toBe(false);
    expect(run.isAborted).toBe(true);
    expect(kept.lost).toEqual([['1']]);
  });

  it('has no timer while it holds nothing, nor once it was stopped', async () => {
    const kept = new Kept();
    expect(kept.time.isSet).toBe(false);
    const run = kept.hold('1');
    expect(kept.time.isSet).toBe(true);
    kept.keeper.release(run);
    await kept.time.pass(RENEW_MS);
    expect(kept.time.isSet).toBe(false);

    kept.hold('2');
    kept.keeper.stop();

    expect(kept.time.isSet).toBe(false);
    kept.hold('3');
    expect(kept.time.isSet).toBe(false);
  });
});
