import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EngineLab, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** How late jobs were started, the median and the most. */
function lateness(late: number[]): { median: number; most: number } {
  const sorted = late.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)]!, most: sorted.at(-1)! };
}

describe('delayed jobs on an idle queue without other traffic', () => {
  it('are started within 50 ms of being due', async () => {
    const queue = lab.queue();
    const late: number[] = [];
    const worker = lab.worker(
      async ({ timestamp, opts }) => void late.push(Date.now() - timestamp - opts.delay!),
    );
    await worker.waitUntilReady();
    const done = nextFew(worker, 'completed', 20);
    for (let i = 1; i <= 20; i += 1) await queue.add('a', 0, { delay: i * 60 });
    await done;
    const { median, most } = lateness(late);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(median).toBeLessThan(50);
    expect(most).toBeLessThan(250);
  });

  it('also those that are due before one that the worker waits for', async () => {
    const queue = lab.queue();
    await queue.add('far', 0, { delay: 60_000 });
    const late: number[] = [];
    const worker = lab.worker(
      async ({ timestamp, opts }) => void late.push(Date.now() - timestamp - opts.delay!),
    );
    await worker.waitUntilReady();
    await sleep(50);
    const done = nextFew(worker, 'completed', 5);
    for (let i = 5; i > 0; i -= 1) await queue.add('near', 0, { delay: i * 40 });
    await done;
    expect(lateness(late).most).toBeLessThan(250);
  });

  it('also for a worker that was paused, or came later', async () => {
    const queue = lab.queue();
    const late: number[] = [];
    const worker = lab.worker(
      async ({ timestamp, opts }) => void late.push(Date.now() - timestamp - opts.delay!),
    );
    await worker.pause();
    await queue.add('a', 0, { delay: 150 });
    await worker.resume();
    const done = nextFew(worker, 'completed', 1);
    await done;
    expect(lateness(late).most).toBeLessThan(250);
  });

  it('a thousand due at once are all started, in their order', async () => {
    const queue = lab.queue();
    const timestamp = Date.now();
    const seen: number[] = [];
    const worker = lab.worker(async ({ data }) => void seen.push(data), { concurrency: 1 });
    const done = nextFew(worker, 'completed', 1500);
    await queue.addBulk(
      Array.from({ length: 1500 }, (_, data) => ({ name: 'a', data, opts: { delay: 1500, timestamp } })),
    );
    await done;
    expect(seen).toEqual(Array.from({ length: 1500 }, (_, n) => n));
  });
});
