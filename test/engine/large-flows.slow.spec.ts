import { describe, expect, it } from '@jest/globals';
import { EngineLab, until } from '../support/engine-lab.js';

const lab = EngineLab.open({ redis: {} });
/** More than a call of a function takes as its arguments. */
const COUNT = 150_000;

describe('a parent with 150,000 children', () => {
  it('is added, run and collected, and no script takes long', async () => {
    const parents = lab.queue();
    const children = lab.queue({}, `${lab.name}-children`);
    await lab.client.config('RESETSTAT');
    const flows = lab.flows();
    const watch = stopwatch();

    const { job } = await flows.add({
      name: 'parent',
      queueName: parents.name,
      children: Array.from({ length: COUNT }, (_, i) => ({
        name: 'child',
        queueName: children.name,
        data: i,
        opts: { removeOnComplete: true },
      })),
    });
    watch('added');
    expect(await children.getWaitingCount()).toBe(COUNT);
    expect(await lab.client.hget(lab.keys.derived('job', job.id), 'pending')).toBe(String(COUNT));
    expect(await lab.client.keys(`${lab.prefix}*stag*`)).toEqual([]);

    let sum = 0;
    lab.worker(async (parent) => {
      for (const value of Object.values(await parent.getChildrenValues<number>())) sum += value;
      return sum;
    });
    lab.worker<number>(async (child) => child.data, { concurrency: 200 }, children.name);
    await until(async () => (await job.getState()) === 'completed', 120_000);
    watch('run and collected');

    expect(sum).toBe((COUNT * (COUNT - 1)) / 2);
    expect(await job.getDependenciesCount({ processed: true })).toEqual({ processed: COUNT });
    // Each script does a bounded amount of work: so few microseconds in the mean, whatever else the machine is doing.
    const stats = String(await lab.client.info('commandstats'));
    const mean = Number(/cmdstat_(?:evalsha|fcall):.*usec_per_call=([\d.]+)/.exec(stats)?.[1]);
    expect(mean).toBeLessThan(20_000);
    await job.remove();
    watch('removed');
    process.stderr.write(`a script takes ${Math.round(mean)} µs\n`);
  }, 240_000);

  it('attaches them to a job that is there, and removes them with it', async () => {
    const parents = lab.queue();
    const children = lab.queue({}, `${lab.name}-children`);
    const parent = await parents.add('parent', 0, { delay: 600_000 });
    const watch = stopwatch();

    await parent.addChildren(
      Array.from({ length: COUNT / 10 }, (_, i) => ({ name: 'child', queueName: children.name, data: i })),
    );
    watch('attached');
    expect(await children.getWaitingCount()).toBe(COUNT / 10);
    await parent.remove();
    watch('removed');

    expect(await children.count()).toBe(0);
  }, 120_000);
});

function stopwatch(): (what: string) => void {
  let from = performance.now();
  return (what) => {
    process.stderr.write(`${what}: ${Math.round(performance.now() - from)} ms\n`);
    from = performance.now();
  };
}
