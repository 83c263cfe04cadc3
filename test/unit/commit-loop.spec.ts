import { describe, expect, it } from '@jest/globals';
import type { JobRecord } from '../../lib/job/job-record.js';
import type { Fetched, Grant } from '../../lib/store/commit-call.js';
import { CommitLoop } from '../../lib/worker/commit-loop.js';
import { settled, StillTime } from '../support/still-time.js';

const RETRY_MS = 50;
const LOOK_AGAIN_MS = 500;
const GRANT = {} as Grant;
const NOTHING: Fetched = { wanted: 0, jobs: [], sentAt: 0, dueInMs: -1, limitedForMs: 0, undeliveredMs: -1 };

/** A commit loop whose calls a test makes and answers, in a time that stands still. */
class Loop {
  readonly time = new StillTime();
  /** How often a call was asked for. */
  pokes = 0;
  slots = 3;
  drained = 0;
  readonly jobs: string[] = [];
  /** Of each fetch that brought none: whether something waits that may not start. */
  readonly empty: boolean[] = [];
  readonly failures: unknown[] = [];
  /** Ends each wait for the queue's wake marker. */
  readonly waits: { wake: (woken: boolean) => Promise<void>; isCancelled: boolean }[] = [];
  readonly loop = new CommitLoop(
    {
      runtime: this.time.runtime,
      commit: {
        fetchFor: () => {},
        poke: () => void (this.pokes += 1),
        push: () => {},
        idle: async () => {},
      },
      runs: { waitForWake: () => this.wait() },
    },
    {
      grant: GRANT,
      roomBeside: (running, asked) => this.slots - running - asked,
      drainDelayMs: 5000,
      lookAgainMs: LOOK_AGAIN_MS,
      retryMs: RETRY_MS,
    },
    {
      jobs: (records) => void this.jobs.push(...records.map(({ id }) => id)),
      none: (isSomethingWaiting) => void this.empty.push(isSomethingWaiting),
      drained: () => void (this.drained += 1),
      failed: (error) => void this.failures.push(error),
    },
  );

  /** A call that asks for all there is room for, and brings so many jobs. */
  fetch(count: number, more: Partial<Fetched> = {}): number {
    const wanted = this.loop.takeRoom(1000);
    const jobs = Array.from({ length: count }, (_, i) => ({ id: String(i + 1) }) as JobRecord);
    this.loop.fetched({ ...NOTHING, wanted, jobs, ...more });
    return wanted;
  }

  private wait(): { promise: Promise<boolean>; cancel: () => void } {
    let wake = (_woken: boolean): void => {};
    const promise = new Promise<boolean>((resolve) => (wake = resolve));
    const wait = { wake: (woken: boolean) => (wake(woken), settled()), isCancelled: false };
    this.waits.push(wait);
    const cancel = (): void => {
      wait.isCancelled = true;
      wake(false);
    };
    return { promise, cancel };
  }
}

describe('a commit loop', () => {
  it('asks for a call when it starts, and takes no room before', () => {
    const { loop, ...fetch } = new Loop();
    expect(loop.takeRoom(10)).toBe(0);
    expect(fetch.pokes).toBe(0);
  });

  it('asks for as many jobs as it has slots, and for none that a call on its way may bring', () => {
    const fetch = new Loop();
    fetch.loop.start();
    expect(fetch.loop.takeRoom(2)).toBe(2);
    expect(fetch.loop.takeRoom(10)).toBe(1);
    expect(fetch.loop.takeRoom(10)).toBe(0);
    expect(fetch.pokes).toBe(1);
  });

  it('has room again for each job that ends, and none for one that is held besides', () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(3);
    expect(fetch.loop.takeRoom(10)).toBe(0);

    fetch.loop.ended();
    fetch.loop.ended();
    fetch.loop.began();

    expect(fetch.loop.takeRoom(10)).toBe(1);
    expect(fetch.jobs).toEqual(['1', '2', '3']);
  });

  it('waits to be woken when a fetch comes back short, and says once that nothing is left', async () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0);
    expect([fetch.drained, fetch.waits.length, fetch.pokes]).toEqual([1, 1, 1]);

    await fetch.waits[0]!.wake(true);
    expect(fetch.pokes).toBe(2);
    fetch.fetch(0);

    expect([fetch.drained, fetch.waits.length]).toEqual([1, 2]);
    await fetch.waits[1]!.wake(true);
    fetch.fetch(1);
    fetch.fetch(0);
    expect(fetch.drained).toBe(2);
  });

  it('says of a fetch that brings none whether something waits', () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0);
    fetch.fetch(0, { limitedForMs: -1 });
    fetch.fetch(1);

    expect(fetch.empty).toEqual([false, true]);
  });

  it('waits no second time beside a wait', () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0);
    fetch.fetch(0);

    expect(fetch.waits).toHaveLength(1);
  });

  it('hands a marker on that wakes it without a free slot', async () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0);
    fetch.slots = 0;
    fetch.loop.takeHandOn();

    await fetch.waits[0]!.wake(true);

    expect(fetch.pokes).toBe(2);
    expect(fetch.loop.takeHandOn()).toBe(true);
    expect(fetch.loop.takeHandOn()).toBe(false);
  });

  it('looks again when nobody woke it in time', async () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0);

    await fetch.waits[0]!.wake(false);

    expect(fetch.pokes).toBe(2);
  });

  it('looks when the next delayed job is due, also while it has no free slot', async () => {
    const fetch = new Loop();
    fetch.slots = 1;
    fetch.loop.start();
    fetch.fetch(1, { dueInMs: 100 });

    await fetch.time.pass(100);
    expect(fetch.pokes).toBe(1);
    await fetch.time.pass(1);

    expect(fetch.pokes).toBe(2);
  });

  it('goes by what the last call knows of delayed jobs', async () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0, { dueInMs: 100 });
    fetch.fetch(0, { dueInMs: -1 });

    await fetch.time.pass(1000);

    expect(fetch.pokes).toBe(1);
  });

  it('survives a fetch that fails: it gives the room back and tries again', async () => {
    const fetch = new Loop();
    fetch.loop.start();
    const wanted = fetch.loop.takeRoom(10);
    fetch.loop.fetchFailed(wanted, new Error('refused'));
    expect(fetch.failures).toEqual([new Error('refused')]);

    await fetch.time.pass(RETRY_MS);

    expect(fetch.pokes).toBe(2);
    expect(fetch.loop.takeRoom(10)).toBe(3);
  });

  it('comes back when a rate limit is over, and looks before whether it was lifted', async () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0, { limitedForMs: 800 });
    expect([fetch.drained, fetch.waits.length]).toEqual([0, 0]);

    await fetch.time.pass(LOOK_AGAIN_MS);
    expect(fetch.pokes).toBe(2);
    await fetch.time.pass(301);

    expect(fetch.pokes).toBe(3);
  });

  it('asks for another call beside one that takes less than it has room for, while the queue has plenty', () => {
    const fetch = new Loop();
    fetch.slots = 10;
    fetch.loop.start();
    const wanted = fetch.loop.takeRoom(2);
    fetch.loop.fetched({ ...NOTHING, wanted, jobs: [{ id: '1' }, { id: '2' }] as JobRecord[] });
    expect(fetch.pokes).toBe(2);

    fetch.loop.takeRoom(2);

    expect(fetch.pokes).toBe(3);
  });

  it('hands over what a call still brings after its stop, and asks for nothing more', async () => {
    const fetch = new Loop();
    fetch.loop.start();
    fetch.fetch(0, { dueInMs: 10, limitedForMs: 0 });
    const wanted = fetch.loop.takeRoom(10);
    void fetch.loop.stop();
    fetch.loop.fetched({ ...NOTHING, wanted, jobs: [{ id: '1' }] as JobRecord[], dueInMs: 10 });
    await settled();
    await fetch.time.pass(10_000);

    expect(fetch.jobs).toEqual(['1']);
    expect(fetch.waits[0]!.isCancelled).toBe(true);
    expect(fetch.pokes).toBe(1);
    expect(fetch.time.isSet).toBe(false);
  });
});
