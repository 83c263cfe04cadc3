import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { type JobEvent, type Queue, whenFinished } from '../../lib/engine.js';
import { EngineLab, until } from '../support/engine-lab.js';
import { LossyProxy } from '../support/lossy-proxy.js';

const lab = EngineLab.open({ redis: { appendOnly: 'always' }, expectedErrors: ['CONNECTION'] });

const numberOf = ({ id }: JobEvent): number => Number(id.split('-')[2]);

/** Every number must be told once or be part of a gap, in order: what is not, and how many were missing. */
function checkNumbers(told: readonly JobEvent[]): { wrong: string[]; missing: number } {
  const wrong: string[] = [];
  let last = 0;
  let missing = 0;
  for (const event of told) {
    const lost = event.event === 'gap' ? (event.lost ?? NaN) : 0;
    const expected = event.event === 'gap' ? last + lost : last + 1;
    if (numberOf(event) !== expected || !(lost > 0 || event.event !== 'gap')) {
      wrong.push(`${event.event} ${event.id} after ${last}`);
    }
    missing += lost;
    last = numberOf(event);
  }
  return { wrong, missing };
}

/** Adds jobs one after the other until told to stop. */
function keepAdding(queue: Queue): { stop: () => Promise<void> } {
  let isOver = false;
  const adding = (async () => {
    for (let n = 0; !isOver; n += 1) {
      await queue.add('paint', n);
      await sleep(1);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await adding;
    },
  };
}

const told = async (): Promise<number> => Number(await lab.client.hget(lab.keys.of('meta'), 'eventNumber'));

describe('readers of events', () => {
  let proxy: LossyProxy | undefined;
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  it.each([
    [
      'connections are killed',
      async () => {
        for (let i = 0; i < 30; i += 1) {
          await sleep(100);
          await lab.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        }
      },
    ],
    [
      'Redis restarts',
      async () => {
        for (let i = 0; i < 3; i += 1) {
          await sleep(500);
          await lab.redis.restart();
        }
        await sleep(500);
      },
    ],
  ])(
    'lose nothing while %s',
    async (_what, fault) => {
      const queue = lab.queue();
      const events = await lab.events();
      const seen: JobEvent[] = [];
      events.all$.subscribe((event) => seen.push(event));
      lab.worker(async (job) => job.data, { concurrency: 5 });
      const watched = await queue.add('long', 0, { delay: 100 });
      const outcome = firstValueFrom(events.watch(watched.id).pipe(whenFinished()));
      const adding = keepAdding(queue);
      await fault();
      await adding.stop();
      await until(async () => seen.length > 0 && numberOf(seen.at(-1)!) === (await told()), 20_000);
      expect(checkNumbers(seen)).toEqual({ wrong: [], missing: 0 });
      expect(await outcome).toMatchObject({ outcome: 'completed', jobId: watched.id });
    },
    60_000,
  );

  it('that were paused past the end of what is kept say exactly how much they missed', async () => {
    proxy = await LossyProxy.open(lab.redis);
    const queue = lab.queue({ streams: { events: { maxLen: 100 } } });
    const events = await lab.events({ connection: { ...proxy.address } });
    const seen: JobEvent[] = [];
    events.all$.subscribe((event) => seen.push(event));
    for (let round = 1; round <= 3; round += 1) {
      await queue.add('paint', 0);
      await until(async () => seen.length > 0 && numberOf(seen.at(-1)!) === (await told()), 20_000);
      proxy.freeze();
      // In the second round the window holds what they miss.
      for (let n = 0; n < (round === 2 ? 20 : 500); n += 1) await queue.add('paint', n);
      proxy.thaw();
      await until(async () => numberOf(seen.at(-1)!) === (await told()), 30_000);
    }
    const { wrong, missing } = checkNumbers(seen);
    expect(wrong).toEqual([]);
    const gaps = seen.filter(({ event }) => event === 'gap');
    expect(gaps).toHaveLength(2);
    expect(seen.length - gaps.length + missing).toBe(await told());
  }, 120_000);

  it('say that something is lost where Redis came back without its data', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const seen: JobEvent[] = [];
    events.all$.subscribe((event) => seen.push(event));
    const job = await queue.add('paint', 0);
    const watched: JobEvent[] = [];
    let isOver = false;
    events.watch(job.id).subscribe({ next: (event) => watched.push(event), complete: () => (isOver = true) });
    await until(() => watched.length === 1);
    await lab.client.flushall();
    await queue.add('other', 0, { jobId: 'other' });
    await until(() => isOver);
    const gap = seen.find(({ event }) => event === 'gap');
    expect(gap).toBeDefined();
    expect(gap).not.toHaveProperty('lost');
    expect(watched.slice(1)).toMatchObject([{ event: 'gap' }, { event: 'snapshot', state: 'unknown' }]);
  }, 30_000);

  it('notice a stream that went back although no connection broke', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const seen: JobEvent[] = [];
    events.all$.subscribe((event) => seen.push(event));
    const stream = lab.keys.of('events');
    await queue.add('paint', 0);
    await until(() => seen.length === 2);
    await lab.client.xadd(stream, `${Date.now() + 3_600_000}-0`, '#', '3', 'paused', '');
    await until(() => seen.length === 3);
    await lab.client.del(stream);
    await queue.add('paint', 1);
    await until(() => seen.length > 3, 30_000);
    expect(seen[3]).toMatchObject({ event: 'gap' });
    await queue.add('paint', 2);
    await until(() => seen.length === 6);
  }, 60_000);
});
