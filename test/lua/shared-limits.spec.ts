import { describe, expect, it } from '@jest/globals';
import {
  countPlaces,
  lendPlaces,
  pauseQueue,
  removeLimit,
  setLimit,
  shareLimit,
  takePlaces,
} from '../../lib/redis/scripts.generated.js';
import { addCall } from '../support/limited-jobs.js';
import { COMMIT_TIME as NOW, runCommit, type CommitTrial } from '../support/commit-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const LEASE_MS = 10_000;
let seq = 1;

function fetch(now = NOW): Promise<CommitTrial> {
  seq += 1;
  return runCommit(lab, [], { now, want: 9, seq: String(seq) });
}

const ids = ({ jobs }: CommitTrial): string[] => jobs.map(({ id }) => id);

/** What a holder says to have, needs, and lacks of starts. */
const lend = async (
  holder: string,
  number: number,
  ...[has, needed, lacking, now = NOW]: [number, number, number, number?]
) => {
  const args = [now, 'stripe', holder, number, has, needed, lacking, LEASE_MS, 5, 0, 0] as const;
  return (await lab.run(lendPlaces, [...args])).reply as (string | number)[];
};

const take = (number: number, places: number, now = NOW, starts: [number, number, number] = [0, 0, 0]) =>
  lab.run(takePlaces, [now, 'stripe', number, places, NOW, LEASE_MS, ...starts, 5, starts[1] && 9, 1000, 0]);

const share = () => lab.run(setLimit, ['stripe', 5, 0, 0, 0, 1]);

describe('a limit that a queue shares', () => {
  it('lets nobody start before there is a lease, and so many by it', async () => {
    const { after } = await share();
    expect(after['limit:stripe']).toEqual({ running: '0', concurrency: '5', lent: '0,0,0,0,0,0' });
    await addCall(lab, ...Array.from({ length: 4 }, () => ({ limits: ';stripe' })));
    const none = await fetch();
    expect(none).toMatchObject({ jobs: [], limitedForMs: -1, dueInMs: -1 });
    await lab.client.del(lab.keys.of('wake'));
    const taken = await take(7, 2);
    expect(taken.reply).toBe('ok');
    expect(taken.after).toMatchObject({
      limits: [['stripe', 0]],
      wake: [['1', 0]],
      'limit:stripe': { running: '0', concurrency: '5', lent: `7,2,${NOW + LEASE_MS},${LEASE_MS},0,0` },
    });
    expect(ids(await fetch())).toEqual(['1', '2']);
    expect((await take(7, 4)).reply).toBe('unchanged');
    expect((await take(6, 4)).reply).toBe('unchanged');
    expect((await take(8, 3)).reply).toBe('ok');
    expect(ids(await fetch())).toEqual(['3']);
  });

  it('lets nobody start by a lease that is over', async () => {
    await share();
    await addCall(lab, { limits: ';stripe' });
    await take(7, 2);
    expect(ids(await fetch(NOW + LEASE_MS))).toEqual([]);
    expect((await take(8, 2, NOW + LEASE_MS)).reply).toBe('unchanged');
  });

  it('counts what it has, and gives up what it does not need', async () => {
    await share();
    await addCall(lab, ...Array.from({ length: 3 }, () => ({ limits: ';stripe' })));
    await take(7, 5);
    await fetch();
    await addCall(lab, { limits: ';stripe' });
    const { reply, after } = await lab.run(countPlaces, [NOW + 5, 0]);
    expect(reply).toEqual([String(NOW + 5), 'stripe', '7', 3, 3, 0, 5, 0, 1000]);
    expect(after['limit:stripe']).toMatchObject({ lent: `7,3,${NOW + LEASE_MS},${LEASE_MS},0,0` });
    await fetch();
    expect((await lab.run(countPlaces, [NOW + 5, 0])).reply).toEqual([
      ...[String(NOW + 5), 'stripe', '7', 3, 4, 0, 5, 0, 1000],
    ]);
    // What is parked needs nothing where nobody starts it.
    expect((await lab.run(countPlaces, [NOW + 5, 1])).reply).toMatchObject({ 4: 3 });
    await lab.run(pauseQueue, [1]);
    expect((await lab.run(countPlaces, [NOW + 5, 0])).reply).toMatchObject({ 4: 3 });
  });

  it('lets so many start in the window that is lent, and adds more of the same one', async () => {
    await lab.run(setLimit, ['stripe', 0, 9, 1000, 0, 1]);
    await addCall(lab, ...Array.from({ length: 9 }, () => ({ limits: ';stripe' })));
    const takeStarts = (number: number, now: number, starts: number, window: number, left: number) =>
      lab.run(takePlaces, [now, 'stripe', number, 0, now, LEASE_MS, starts, window, left, 0, 9, 1000, 0]);
    await takeStarts(7, NOW, 2, 55, 600);
    expect(ids(await fetch())).toHaveLength(2);
    await takeStarts(8, NOW + 100, 3, 55, 500);
    expect(ids(await fetch(NOW + 100))).toHaveLength(3);
    expect((await lab.run(countPlaces, [NOW + 100, 0])).reply).toMatchObject({ 5: 4 });
    await takeStarts(9, NOW + 600, 2, 56, 300);
    expect(ids(await fetch(NOW + 600))).toHaveLength(2);
    await takeStarts(10, NOW + 600, 2, 56, 300);
    expect(ids(await fetch(NOW + 900))).toHaveLength(0);
  });

  it('is left, and forgotten', async () => {
    await share();
    await lab.run(setLimit, ['stripe', 5, 0, 0, 0, 0]);
    expect((await lab.dump())['limit:stripe']).toEqual({ running: '0', concurrency: '5' });
    expect((await take(7, 5)).reply).toBe('missing');
    expect((await lab.run(countPlaces, [NOW, 0])).reply).toEqual([String(NOW)]);
    await share();
    await lab.run(removeLimit, ['stripe']);
    expect((await take(7, 5)).reply).toBe('missing');
  });
});

describe('the home of a limit', () => {
  it('lends what is left, and even parts where that is not enough', async () => {
    expect(await lend('a:', 0, 0, 9, 0)).toEqual([String(NOW), 5, 0, '0', 0, 5, 0, 0, 0, 0]);
    // The other one has all, until it says that it has less.
    expect((await lend('b:', 0, 0, 9, 0)).slice(0, 2)).toEqual([String(NOW + 1), 0]);
    const again = await lend('a:', NOW, 5, 9, 0);
    expect([again[1], again.at(-1)]).toEqual([3, 1]);
    expect((await lend('b:', NOW + 1, 0, 9, 0))[1]).toBe(0);
    await lend('a:', NOW + 2, 3, 9, 0);
    expect((await lend('b:', NOW + 3, 0, 9, 0))[1]).toBe(2);
    const { lent } = Object.fromEntries(
      Object.entries(await lab.dump()).map(([key, value]) => [key.split(':')[0], value]),
    );
    expect(lent).toEqual({
      ...{ number: String(NOW + 5), concurrency: '5', max: '0', duration: '0' },
      'holder:a:': `3,9,${NOW + 11_000},11000,${NOW},${NOW + 4},0,${NOW},0,0`,
      'holder:b:': `2,9,${NOW + 11_000},11000,${NOW},${NOW + 5},0,${NOW + 1},0,0`,
    });
  });

  it('believes no outdated report that a queue has less', async () => {
    await lend('a:', 0, 0, 5, 0);
    await lend('a:', 0, 0, 5, 0);
    // Of the first lease: the second one may have arrived.
    await lend('a:', NOW, 1, 1, 0);
    expect((await lend('b:', 0, 0, 5, 0))[1]).toBe(0);
  });

  it('forgets who needs and has nothing', async () => {
    await lend('a:', 0, 0, 5, 0);
    await lend('a:', NOW, 0, 0, 0);
    expect(Object.keys((await lab.dump())['lent:stripe'] as object)).not.toContain('holder:a:');
    expect((await lend('b:', 0, 0, 5, 0))[1]).toBe(5);
  });

  it('lends nothing while it is paused, and by its new numbers', async () => {
    expect((await lab.run(shareLimit, ['stripe', 'set', 2, 0, 0])).reply).toBe('ok');
    expect((await lab.run(shareLimit, ['stripe', 'set', 2, 0, 0])).reply).toBe('unchanged');
    expect((await lab.run(shareLimit, ['stripe', 'keep', 3, 0, 0])).reply).toBe('unchanged');
    expect((await lab.run(shareLimit, ['stripe', 'pause', 0, 0, 0])).reply).toBe('ok');
    expect((await lab.run(shareLimit, ['stripe', 'pause', 0, 0, 0])).reply).toBe('unchanged');
    expect(await lend('a:', 0, 0, 5, 0)).toEqual([String(NOW), 0, 0, '0', 0, 2, 0, 0, 1, 0]);
    expect((await lab.run(shareLimit, ['stripe', 'resume', 0, 0, 0])).reply).toBe('ok');
    expect((await lend('a:', 0, 0, 5, 0))[1]).toBe(2);
    expect((await lab.run(shareLimit, ['stripe', 'close', 0, 0, 0])).reply).toBe('unknown');
  });

  it('lends starts of its window, a part to each queue that asks', async () => {
    await lab.run(shareLimit, ['stripe', 'set', 0, 9, 1000]);
    const first = await lend('a:', 0, 0, 4, 4);
    expect(first.slice(1, 5)).toEqual([0, 4, String(NOW + 1000), 1000]);
    expect((await lend('b:', 0, 0, 9, 3))[2]).toBe(3);
    // The other one lacks nothing, and has had less than its part.
    expect((await lend('a:', NOW, 0, 9, 1))[2]).toBe(1);
    expect((await lend('b:', NOW, 0, 9, 9))[2]).toBe(1);
  });

  it('lends each queue an even part of a window, whoever comes first in each', async () => {
    await lab.run(shareLimit, ['stripe', 'set', 0, 8, 1000]);
    expect((await lend('a:', 0, 0, 9, 9))[2]).toBe(8);
    expect((await lend('b:', 0, 0, 9, 9))[2]).toBe(0);
    await lab.run(shareLimit, ['stripe', 'set', 0, 6, 1000]);
    const later = (holder: string, lacking: number) => lend(holder, NOW, 0, 9, lacking, NOW + 1000);
    expect((await later('a:', 9))[2]).toBe(3);
    expect((await later('a:', 6))[2]).toBe(0);
    expect((await later('b:', 9))[2]).toBe(3);
  });

  it('lends starts in turn where a window has fewer than queues ask for', async () => {
    await lab.run(shareLimit, ['stripe', 'set', 0, 1, 1000]);
    const starts = async (holder: string, at: number) => (await lend(holder, NOW, 0, 9, 9, NOW + at))[2];
    expect([await starts('a:', 0), await starts('b:', 10)]).toEqual([1, 0]);
    // The other one has waited for longer.
    expect([await starts('b:', 1000), await starts('a:', 1010)]).toEqual([0, 1]);
    expect([await starts('a:', 2010), await starts('b:', 2020), await starts('a:', 2030)]).toEqual([0, 1, 0]);
    expect([await starts('b:', 3100), await starts('a:', 3110)]).toEqual([0, 1]);
    // One that has asked and does not come back does not keep them from the others for long.
    expect(await starts('a:', 4200)).toBe(0);
    expect(await starts('a:', 5700)).toBe(1);
  });

  it('takes places from those that have had them for longest, for those that have waited for longest', async () => {
    await lab.run(shareLimit, ['stripe', 'set', 2, 0, 0]);
    const numbers = new Map<string, number>();
    const places = async (holder: string, at: number, has = 0) => {
      const reply = await lend(holder, numbers.get(holder) ?? 0, has, 9, 0, NOW + at);
      numbers.set(holder, Number(reply[0]));
      return reply[1];
    };
    expect([await places('a:', 0), await places('b:', 10)]).toEqual([2, 0]);
    // One of the two jobs ends: its place is for the one that waits.
    expect([await places('a:', 100, 1), await places('b:', 110), await places('c:', 120)]).toEqual([1, 1, 0]);
    expect([await places('b:', 210, 1), await places('a:', 220, 1)]).toEqual([1, 0]);
    expect([await places('a:', 300, 0), await places('c:', 310)]).toEqual([0, 1]);
    expect([await places('c:', 400, 1), await places('b:', 410, 1)]).toEqual([1, 0]);
    expect(await places('b:', 500, 0)).toBe(0);
    // The places are for the two that wait, as long as they come back.
    expect(await places('c:', 600, 1)).toBe(0);
    expect(await places('c:', 3100, 1)).toBe(2);
  });

  it('puts a queue that has left and comes back behind those that wait', async () => {
    await lab.run(shareLimit, ['stripe', 'set', 0, 1, 1000]);
    expect((await lend('a:', 0, 0, 1, 1))[2]).toBe(1);
    expect((await lend('b:', 0, 0, 1, 1, NOW + 10))[2]).toBe(0);
    await lend('a:', NOW, 0, 0, 0, NOW + 100);
    expect((await lend('a:', NOW, 0, 1, 1, NOW + 200))[2]).toBe(0);
    expect((await lend('a:', NOW, 0, 1, 1, NOW + 1000))[2]).toBe(0);
    expect((await lend('b:', NOW, 0, 1, 1, NOW + 1010))[2]).toBe(1);
  });
});
