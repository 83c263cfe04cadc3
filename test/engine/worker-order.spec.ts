import { describe, expect, it } from '@jest/globals';
import { EngineLab, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** Names of the jobs in the order in which one worker with one slot takes them. */
async function orderOf(count: number): Promise<string[]> {
  const names: string[] = [];
  const worker = lab.worker(async (job) => void names.push(job.name), { autorun: false });
  const done = nextFew(worker, 'completed', count);
  void worker.run();
  await done;
  return names;
}

describe('the order in which jobs are started', () => {
  it('is the order of adding', async () => {
    const queue = lab.queue();
    await queue.add('a', 1);
    await queue.addBulk([
      { name: 'b', data: 1 },
      { name: 'c', data: 1 },
    ]);
    await queue.add('d', 1);
    expect(await orderOf(4)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('holds for jobs added at the same time, which share calls', async () => {
    const queue = lab.queue();
    const names = Array.from({ length: 1000 }, (_, i) => `n${i}`);
    const jobs = await Promise.all(names.map((name) => queue.add(name, 0)));
    expect(await orderOf(1000)).toEqual(
      jobs.toSorted((a, b) => Number(a.id) - Number(b.id)).map(({ name }) => name),
    );
  });

  it('puts lifo jobs in front', async () => {
    const queue = lab.queue();
    await queue.add('a', 1);
    await queue.add('b', 1, { lifo: true });
    await queue.add('c', 1, { lifo: true });
    expect(await orderOf(3)).toEqual(['c', 'b', 'a']);
  });

  it('goes by priority after all jobs without one, first come first served within a class', async () => {
    const queue = lab.queue();
    await queue.add('high1', 1, { priority: 1 });
    await queue.add('low', 1, { priority: 2_097_151 });
    await queue.add('middle', 1, { priority: 5 });
    await queue.add('high2', 1, { priority: 1 });
    await queue.add('high0', 1, { priority: 1, lifo: true });
    await queue.add('none', 1);
    await queue.add('none2', 1, { priority: 0 });
    expect(await orderOf(7)).toEqual(['none', 'none2', 'high0', 'high1', 'high2', 'middle', 'low']);
  });

  it('takes delayed jobs by due time, ones due at the same time in the order of adding', async () => {
    const queue = lab.queue();
    const timestamp = Date.now();
    await queue.add('late', 1, { delay: 1080, timestamp });
    await queue.add('tie1', 1, { delay: 1040, timestamp });
    await queue.add('tie2', 1, { delay: 1040, timestamp });
    await queue.add('early', 1, { delay: 1000, timestamp });
    await queue.add('now', 1);
    expect(await orderOf(5)).toEqual(['now', 'early', 'tie1', 'tie2', 'late']);
  });

  it('puts a delayed job with a priority into its class when it is due', async () => {
    const queue = lab.queue();
    await queue.pause();
    const due = await queue.add('due', 1, { delay: 30, priority: 2 });
    await queue.add('before', 1, { priority: 1 });
    await queue.add('behind', 1, { priority: 3 });
    await new Promise((resolve) => setTimeout(resolve, 40));
    await queue.resume();
    expect(await orderOf(3)).toEqual(['before', 'due', 'behind']);
    expect((await queue.getJob(due.id))?.priority).toBe(2);
  });

  it('puts a retried job at the back, a lifo one in front', async () => {
    const queue = lab.queue();
    await queue.addBulk([
      { name: 'again', data: 0, opts: { attempts: 2 } },
      { name: 'other', data: 0 },
    ]);
    await queue.add('lifo', 0, { attempts: 2, lifo: true });
    const names: string[] = [];
    const worker = lab.worker(async (job) => {
      names.push(job.name);
      if (job.attemptsMade === 0 && job.opts.attempts) throw new Error('once');
    });
    await nextFew(worker, 'completed', 3);
    expect(names).toEqual(['lifo', 'lifo', 'again', 'other', 'again']);
  });

  it('keeps the priority of a retried job', async () => {
    const queue = lab.queue();
    await queue.add('first', 0, { priority: 1, attempts: 2 });
    await queue.add('second', 0, { priority: 2 });
    const names: string[] = [];
    const worker = lab.worker(async (job) => {
      names.push(job.name);
      if (job.name === 'first' && job.attemptsMade === 0) throw new Error('once');
    });
    await nextFew(worker, 'completed', 2);
    expect(names).toEqual(['first', 'first', 'second']);
  });
});
