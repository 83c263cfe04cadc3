import { describe, expect, it } from '@jest/globals';
import type { QueueStore } from '../../lib/store/queue-store.js';
import type { LentPlaces, NeededPlaces } from '../../lib/store/shared-limit-store.js';
import { PlaceKeeper } from '../../lib/worker/place-keeper.js';
import { OpenCalls, settled, StillTime } from '../support/still-time.js';

const RENEW_MS = 1000;
const HURRY_MS = 100;
const NONE: { time: string; limits: NeededPlaces[] } = { time: '7', limits: [] };
const NEEDED: NeededPlaces = {
  ...{ name: 'api', number: '1', has: 0, needed: 2, lacking: 0 },
  numbers: { concurrency: 5 },
};
const LENT: LentPlaces = {
  ...{ number: '2', places: 2, starts: 0, window: '0', windowLeftMs: 0 },
  ...{ numbers: { concurrency: 5 }, isPaused: false, isContended: false },
};

/** A keeper whose looks a test answers; the home lends what the test says. */
class Keeping {
  readonly time = new StillTime();
  readonly looks = new OpenCalls<boolean, typeof NONE>();
  readonly taken: [name: string, since: string, number: string][] = [];
  readonly failures: unknown[] = [];
  lent: LentPlaces | Error = LENT;
  readonly keeper = new PlaceKeeper(
    this.time.runtime,
    {
      keys: { base: 'here' },
      homeOfLimit: () => ({
        lend: async () => (this.lent instanceof Error ? Promise.reject(this.lent) : this.lent),
      }),
      sharedLimits: {
        count: this.looks.call,
        take: async (name: string, since: string, _leaseMs: number, { number }: LentPlaces) =>
          void this.taken.push([name, since, number]),
      },
    } as unknown as QueueStore,
    (error) => void this.failures.push(error),
  );

  async share(limit: NeededPlaces = NEEDED): Promise<void> {
    await this.looks.last.answer({ time: '7', limits: [limit] });
  }
}

describe('a place keeper', () => {
  it('looks once where the queue shares no limit, and again when a limit was changed', async () => {
    const { keeper, looks, time } = new Keeping();
    keeper.start();
    await time.pass(0);
    await looks.last.answer(NONE);
    await time.pass(RENEW_MS * 3);
    expect(looks.made).toHaveLength(1);

    keeper.look();
    await time.pass(0);

    expect(looks.made).toHaveLength(2);
  });

  it('is not woken by jobs that wait where the queue shares nothing', async () => {
    const { keeper, looks, time } = new Keeping();
    keeper.start();
    await time.pass(0);
    await looks.last.answer(NONE);

    keeper.poke();
    await time.pass(RENEW_MS);

    expect(looks.made).toHaveLength(1);
  });

  it('takes what the home lends, from when it counted, and renews it', async () => {
    const { keeper, looks, time, taken, ...rest } = new Keeping();
    keeper.start();
    await time.pass(0);
    await looks.last.answer({ time: '7', limits: [NEEDED] });
    expect(taken).toEqual([['api', '7', '2']]);

    await time.pass(RENEW_MS - 1);
    expect(looks.made).toHaveLength(1);
    await time.pass(1);

    expect(looks.made).toHaveLength(2);
    expect(rest.failures).toEqual([]);
  });

  it.each([
    ['it has fewer places than it needs', { places: 1 }],
    ['somebody else waits', { isContended: true }],
  ])('looks sooner where %s', async (_what, lent) => {
    const keeping = new Keeping();
    const { keeper, looks, time } = keeping;
    keeping.lent = { ...LENT, ...lent };
    keeper.start();
    await time.pass(0);
    await keeping.share();

    await time.pass(HURRY_MS);

    expect(looks.made).toHaveLength(2);
  });

  it('makes no second look beside one that is slow, and one after it for all who asked meanwhile', async () => {
    const keeping = new Keeping();
    const { keeper, looks, time } = keeping;
    keeper.start();
    await time.pass(0);
    keeper.look();
    keeper.look();
    await time.pass(RENEW_MS);
    expect(looks.made).toHaveLength(1);

    await keeping.share();
    await time.pass(0);

    expect(looks.made).toHaveLength(2);
  });

  it('survives a look and a home that refuse: it says so and looks again', async () => {
    const keeping = new Keeping();
    const { keeper, looks, time, failures } = keeping;
    keeper.start();
    await time.pass(0);
    await looks.last.fail(new Error('refused'));
    await time.pass(RENEW_MS);
    expect(looks.made).toHaveLength(2);

    keeping.lent = new Error('no home');
    await keeping.share();
    await time.pass(RENEW_MS);

    expect(looks.made).toHaveLength(3);
    expect(failures).toEqual([new Error('refused'), new Error('no home')]);
  });

  it('gives back at its stop what nobody needs, and looks no more', async () => {
    const keeping = new Keeping();
    const { keeper, looks, time } = keeping;
    keeper.start();
    await time.pass(0);
    await keeping.share();
    void keeper.stop();
    await settled();
    expect(looks.made.map(({ args }) => args)).toEqual([false, true]);

    await keeping.share();
    keeper.look();
    await time.pass(RENEW_MS * 2);

    expect(looks.made).toHaveLength(2);
    expect(time.isSet).toBe(false);
  });

  it('survives a stop while Redis is silent: it waits for a second', async () => {
    const keeping = new Keeping();
    const { keeper, time } = keeping;
    keeper.start();
    await time.pass(0);
    let isOver = false;
    void keeper.stop().then(() => (isOver = true));

    await time.pass(999);
    expect(isOver).toBe(false);
    await time.pass(1);

    expect(isOver).toBe(true);
  });
});
