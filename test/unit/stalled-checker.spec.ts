import { describe, expect, it } from '@jest/globals';
import type { JobRecord } from '../../lib/job/job-record.js';
import type { QueueStore } from '../../lib/store/queue-store.js';
import { StalledChecker } from '../../lib/worker/stalled-checker.js';
import { OpenCalls, settled, StillTime } from '../support/still-time.js';

interface Found {
  stalled: string[];
  exhausted: JobRecord[];
  unplanned: string[];
  graceMs: number;
  sentAt: number;
}

const INTERVAL_MS = 1000;
const nothing: Found = { stalled: [], exhausted: [], unplanned: [], graceMs: 0, sentAt: 0 };

/** A checker whose looks a test answers, in a time that stands still. */
class Check {
  readonly time = new StillTime();
  readonly looks = new OpenCalls<unknown, Found>();
  readonly stalled: string[] = [];
  readonly exhausted: [JobRecord, number][] = [];
  readonly unplanned: string[] = [];
  readonly failures: unknown[] = [];
  shownAlive = 0;
  readonly checker = new StalledChecker(
    this.time.runtime,
    {
      runs: { recoverStalled: this.looks.call, showAlive: async () => void (this.shownAlive += 1) },
      children: { nextParents: async () => [] },
    } as unknown as QueueStore,
    {
      worker: 'w',
      lockMs: 5000,
      intervalMs: INTERVAL_MS,
      maxStalls: 1,
      maxEventBytes: 1000,
      silence: { silenceMs: 600, graceMs: 2000 },
    },
    {
      stalled: (id) => void this.stalled.push(id),
      exhausted: (record, sentAt) => void this.exhausted.push([record, sentAt]),
      unplanned: (ids) => void this.unplanned.push(...ids),
      looks: (look) => look(),
      failed: (error) => void this.failures.push(error),
    },
  );
}

describe('a stalled checker', () => {
  it('looks at once, and an interval after that again', async () => {
    const { time, looks, checker } = new Check();
    checker.start();
    expect(looks.made).toHaveLength(1);
    await looks.last.answer(nothing);

    await time.pass(INTERVAL_MS - 1);
    expect(looks.made).toHaveLength(1);
    await time.pass(1);
    expect(looks.made).toHaveLength(2);
  });

  it('hands on what it finds, with when the call was sent that brought it', async () => {
    const check = new Check();
    check.checker.start();
    const record = { id: '2' } as JobRecord;

    await check.looks.last.answer({
      ...nothing,
      stalled: ['1'],
      exhausted: [record],
      unplanned: ['s'],
      sentAt: 7,
    });

    expect(check.stalled).toEqual(['1']);
    expect(check.exhausted).toEqual([[record, 7]]);
    expect(check.unplanned).toEqual(['s']);
  });

  it('makes no second look beside one that Redis is slow with, and looks at once when that is over', async () => {
    const { time, looks, checker } = new Check();
    checker.start();

    await time.pass(INTERVAL_MS * 3);
    expect(looks.made).toHaveLength(1);
    await looks.last.answer(nothing);
    await time.pass(0);

    expect(looks.made).toHaveLength(2);
  });

  it('goes on with the next slice at once where one is full', async () => {
    const { looks, checker } = new Check();
    checker.start();

    await looks.last.answer({ ...nothing, stalled: Array.from({ length: 500 }, (_, i) => String(i)) });
    expect(looks.made).toHaveLength(2);
    await looks.last.answer({ ...nothing, stalled: ['500'] });

    expect(looks.made).toHaveLength(2);
  });

  it('says that it is there between two looks', async () => {
    const check = new Check();
    check.checker.start();
    await check.looks.last.answer(nothing);

    await check.time.pass(300);
    expect(check.shownAlive).toBe(1);
    await check.time.pass(600);
    expect(check.shownAlive).toBe(3);
    expect(check.looks.made).toHaveLength(1);
  });

  it('looks again when a grace is over that Redis gives after a silence', async () => {
    const { time, looks, checker } = new Check();
    checker.start();
    await looks.last.answer({ ...nothing, graceMs: 200 });

    await time.pass(199);
    expect(looks.made).toHaveLength(1);
    await time.pass(1);

    expect(looks.made).toHaveLength(2);
  });

  it('survives a look that fails, and says so', async () => {
    const check = new Check();
    check.checker.start();
    await check.looks.last.fail(new Error('refused'));
    expect(check.failures).toEqual([new Error('refused')]);

    await check.time.pass(INTERVAL_MS);

    expect(check.looks.made).toHaveLength(2);
  });

  it('lets its stop wait for the look on its way, and makes none after it', async () => {
    const { time, looks, checker } = new Check();
    checker.start();
    let stopped = false;
    const stop = checker.stop().then(() => (stopped = true));
    await settled();
    expect(stopped).toBe(false);

    await looks.last.answer({ ...nothing, stalled: Array.from({ length: 500 }, (_, i) => String(i)) });
    await stop;
    await time.pass(INTERVAL_MS * 2);

    expect(looks.made).toHaveLength(1);
    expect(time.isSet).toBe(false);
  });

  it('starts once, and never once it was stopped', async () => {
    const { looks, checker } = new Check();
    checker.start();
    checker.start();
    expect(looks.made).toHaveLength(1);

    const other = new Check();
    await other.checker.stop();
    other.checker.start();
    expect(other.looks.made).toHaveLength(0);
  });

  it('says within which time it notices a job whose worker has died', () => {
    const { time, checker } = new Check();
    checker.start();

    expect(time.noticedWithinMs).toEqual([5000 + INTERVAL_MS + 2000]);
  });
});
