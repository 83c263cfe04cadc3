import { describe, expect, it } from '@jest/globals';
import type { Job } from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** A processor whose jobs end when told, and which counts those that run. */
class Bench {
  running = 0;
  most = 0;
  readonly ids: string[] = [];
  private readonly gates: Gate[] = [];

  readonly process = async ({ id }: Job): Promise<void> => {
    this.ids.push(id);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    const gate = new Gate();
    this.gates.push(gate);
    await gate.passed;
    this.running -= 1;
  };

  end(count = this.gates.length): void {
    this.gates.splice(0, count).forEach((gate) => gate.open());
  }
}

const some = (count: number, opts = {}) =>
  Array.from({ length: count }, () => ({ name: 'a', data: 0, opts }));

describe('concurrency', () => {
  it('is one unless told otherwise', async () => {
    const bench = new Bench();
    const worker = lab.worker(bench.process);
    await lab.queue().addBulk(some(3));
    for (let left = 3; left > 0; left -= 1) {
      await until(() => bench.running === 1);
      const done = next(worker, 'completed');
      bench.end();
      await done;
    }
    expect(bench.most).toBe(1);
  });

  it('is reached and never exceeded', async () => {
    const queue = lab.queue();
    let running = 0;
    let most = 0;
    const worker = lab.worker(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
        running -= 1;
      },
      { concurrency: 7 },
    );
    const done = nextFew(worker, 'completed', 300);
    await queue.addBulk(some(300));
    await done;
    expect(most).toBe(7);
  });

  it('is reached by jobs that come one by one while others run', async () => {
    const queue = lab.queue();
    const bench = new Bench();
    lab.worker(bench.process, { concurrency: 3 });
    for (const wanted of [1, 2, 3]) {
      await queue.add('a', 0);
      await until(() => bench.running === wanted);
    }
    await queue.add('a', 0);
    expect(await queue.getWaitingCount()).toBe(1);
    bench.end(1);
    await until(() => bench.ids.length === 4);
    bench.end();
    expect(bench.most).toBe(3);
  });

  it('may be raised and lowered while running', async () => {
    const queue = lab.queue();
    const bench = new Bench();
    const worker = lab.worker(bench.process, { concurrency: 2 });
    await queue.addBulk(some(20));
    await until(() => bench.running === 2);
    worker.concurrency = 5;
    await until(() => bench.running === 5);
    worker.concurrency = 1;
    expect(worker.concurrency).toBe(1);
    const done = nextFew(worker, 'completed', 5);
    bench.end();
    await done;
    await until(() => bench.running === 1);
    bench.most = 1;
    for (let left = 3; left > 0; left -= 1) {
      const one = next(worker, 'completed');
      bench.end();
      await one;
      await until(() => bench.running === 1);
    }
    expect(bench.most).toBe(1);
    bench.end();
  });

  it('is not exceeded after a job that stalled too often was failed', async () => {
    const queue = lab.queue();
    const holder = lab.worker(null, { lockDuration: 20, skipStalledCheck: true });
    await queue.add('stuck', 0);
    expect(await holder.getNextJob('by-hand')).toBeDefined();
    const bench = new Bench();
    const worker = lab.worker(bench.process, { stalledInterval: 30, maxStalledCount: 0 });
    const [failed, error] = await next(worker, 'failed');
    expect([failed.name, error.message]).toEqual(['stuck', 'job stalled more than allowable limit']);
    await queue.addBulk(some(3));
    await until(() => bench.running === 1);
    const third = queue.add('a', 0);
    await third;
    expect(await queue.getActiveCount()).toBe(1);
    for (let left = 4; left > 0; left -= 1) {
      const done = next(worker, 'completed');
      bench.end();
      await done;
      if (left > 1) await until(() => bench.running === 1);
    }
    expect(bench.most).toBe(1);
  });
});

describe('the limiter', () => {
  it('allows so many starts per window, over all workers of the queue', async () => {
    const queue = lab.queue();
    const starts: number[] = [];
    const limiter = { max: 5, duration: 200 };
    for (let workers = 2; workers > 0; workers -= 1) {
      lab.worker(async () => void starts.push(Date.now()), { concurrency: 10, limiter });
    }
    await queue.addBulk(some(15));
    await until(() => starts.length === 15);
    expect(starts[14]! - starts[0]!).toBeGreaterThanOrEqual(350);
    for (let i = 5; i < 15; i += 1) {
      // Two windows that touch may share a moment, but never more than two windows' worth of starts.
      const inWindow = starts.filter((at) => at >= starts[i]! && at < starts[i]! + 200).length;
      expect(inWindow).toBeLessThanOrEqual(10);
    }
    await until(async () => (await queue.getCompletedCount()) === 15);
  });

  it('leaves limited jobs where they wait', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => 'done', {
      concurrency: 10,
      limiter: { max: 1, duration: 60_000 },
      drainDelay: 0.2,
    });
    const completed = next(worker, 'completed');
    await queue.addBulk(some(3));
    await completed;
    expect(await queue.getJobCounts('waiting', 'active', 'completed', 'delayed')).toEqual({
      waiting: 2,
      active: 0,
      completed: 1,
      delayed: 0,
    });
    const left = await queue.getRateLimitTtl(1);
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
    const more = nextFew(worker, 'completed', 1);
    expect(await queue.removeRateLimitKey()).toBe(1);
    await more;
  });

  it('closed by hand holds all workers of the queue back', async () => {
    const queue = lab.queue();
    const starts: number[] = [];
    await queue.rateLimit(600_000);
    const worker = lab.worker(async () => void starts.push(Date.now()), { drainDelay: 0.05 });
    await queue.add('a', 0);
    expect(await queue.getRateLimitTtl()).toBeGreaterThan(500_000);
    for (let i = 0; i < 20; i += 1) await queue.getWaitingCount();
    expect([starts.length, await queue.getWaitingCount()]).toEqual([0, 1]);
    const completed = next(worker, 'completed');
    expect(await queue.removeRateLimitKey()).toBe(1);
    await completed;
  });

  it('closed by hand opens again by itself', async () => {
    const queue = lab.queue();
    const starts: number[] = [];
    // On a busy machine the answer may be long on its way: the time runs from before the call, at the earliest.
    const before = Date.now();
    await queue.rateLimit(150);
    const worker = lab.worker(async () => void starts.push(Date.now()));
    const completed = next(worker, 'completed');
    await queue.add('a', 0);
    await completed;
    expect(starts[0]! - before).toBeGreaterThanOrEqual(148);
    expect(await queue.getRateLimitTtl()).toBe(0);
  });
});
