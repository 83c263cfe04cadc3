import { afterEach, describe, expect, it } from '@jest/globals';
import { InvalidOptionError, type Job, type LimitOptions, type Queue } from '../../lib/engine.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { homeOfLimit } from '../../lib/store/shared-limit-store.js';
import { EngineLab, Gate, until } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';

const lab = EngineLab.open();

afterEach(async () => {
  await lab.client.unlink(new QueueKeys(lab.prefix, homeOfLimit('stripe')).derived('lent', 'stripe'));
});

const limits = { stripe: { concurrency: 2, shared: true } };

/** A queue that shares the limit, with jobs that name it. */
async function sharing(count: number, own: Record<string, LimitOptions> = limits): Promise<Queue> {
  const queue = lab.queue({ limits: own }, randomQueueName());
  const jobs = Array.from({ length: count }, (_, i) => ({
    name: `${i}`,
    data: i,
    opts: { limits: ['stripe'] },
  }));
  await queue.addBulk(jobs);
  return queue;
}

describe('a limit that queues share', () => {
  it('holds over all of them, and lets each have its part', async () => {
    const queues = await Promise.all([sharing(6), sharing(6), sharing(6)]);
    let running = 0;
    let most = 0;
    const started: string[] = [];
    for (const queue of queues) {
      lab.worker(
        async () => {
          running += 1;
          most = Math.max(most, running);
          started.push(queue.name);
          await new Promise((resolve) => void setTimeout(resolve, 5));
          running -= 1;
        },
        { concurrency: 5 },
        queue.name,
      );
    }
    await until(() => started.length === 18);
    expect(most).toBe(2);
    for (const queue of queues) {
      await until(async () => (await queue.getCompletedCount()) === 6);
    }
  });

  it('gives a queue what another one does not need any more', async () => {
    const [first, second] = await Promise.all([sharing(2), sharing(0)]);
    const gate = new Gate();
    lab.worker(() => gate.passed, { concurrency: 5 }, first!.name);
    await until(async () => (await first!.getActiveCount()) === 2);
    lab.worker(() => undefined, { concurrency: 5 }, second!.name);
    await second!.add('late', 0, { limits: ['stripe'] });
    await until(async () => (await second!.getLimit('stripe'))?.waiting === 1);
    expect(await second!.getLimit('stripe')).toMatchObject({ concurrency: 2, shared: true, places: 0 });
    expect(await first!.getLimit('stripe')).toMatchObject({ active: 2 });
    gate.open();
    await until(async () => (await second!.getCompletedCount()) === 1);
  });

  it('is changed and paused for all of them', async () => {
    const [first, second] = await Promise.all([sharing(0), sharing(0)]);
    await until(async () => (await first!.getLimit('stripe'))?.isDefined === true);
    expect(await first!.pauseLimit('stripe')).toBe(true);
    lab.worker(() => undefined, { concurrency: 5 }, second!.name);
    await second!.add('a', 0, { limits: ['stripe'] });
    await until(async () => (await second!.getLimit('stripe'))?.isPaused === true);
    expect(await second!.getCompletedCount()).toBe(0);
    await first!.setLimit('stripe', { concurrency: 7, shared: true });
    expect(await first!.resumeLimit('stripe')).toBe(true);
    await until(async () => (await second!.getCompletedCount()) === 1);
    expect(await second!.getLimit('stripe')).toMatchObject({ concurrency: 7, isPaused: false });
  });

  it('lets so many start in a window, over all of them', async () => {
    const own = { stripe: { max: 4, duration: 300, shared: true } };
    const queues = await Promise.all([sharing(5, own), sharing(5, own)]);
    const starts: number[] = [];
    for (const queue of queues) {
      lab.worker(() => void starts.push(performance.now()), { concurrency: 9 }, queue.name);
    }
    await until(() => starts.length === 10);
    // Three windows are open before the last of them start; the first of a window may come late.
    expect(starts.at(-1)! - starts[0]!).toBeGreaterThan(300);
  });

  it('is left by a queue that sets one of its own', async () => {
    const queue = await sharing(3);
    await queue.setLimit('stripe', { concurrency: 3 });
    const gate = new Gate();
    const jobs: Job[] = [];
    lab.worker((job) => (jobs.push(job), gate.passed), { concurrency: 5 }, queue.name);
    await until(() => jobs.length === 3);
    expect((await queue.getLimit('stripe'))?.shared).toBeUndefined();
    gate.open();
    await until(async () => (await queue.getCompletedCount()) === 3);
  });

  it('is refused by name where it cannot be', () => {
    expect(() => lab.queue({ limits: { stripe: { concurrency: 1, shared: 1 as never } } })).toThrow(
      InvalidOptionError,
    );
    expect(() => lab.queue({ limits: { stripe: { shared: true } } })).toThrow('concurrency');
  });

  it('lets jobs start that are fetched by hand, and keeps their places', async () => {
    const [first, second] = await Promise.all([sharing(2), sharing(1)]);
    const byHand = lab.worker(null, { drainDelay: 5 }, first!.name);
    const jobs = [await byHand.getNextJob('t1'), await byHand.getNextJob('t2')];
    expect(jobs.map((job) => job?.name)).toEqual(['0', '1']);
    const other = lab.worker(null, { drainDelay: 1 }, second!.name);
    expect(await other.getNextJob('t3', { block: false })).toBeUndefined();
    await jobs[0]!.moveToCompleted('done', 't1', false);
    await until(async () => (await other.getNextJob('t3', { block: false })) !== undefined);
  });
});
