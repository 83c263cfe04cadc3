import { describe, expect, it } from '@jest/globals';
import type { JobsOptions } from '../../lib/engine.js';
import { EngineLab, Gate, until } from '../support/engine-lab.js';

const lab = EngineLab.open();
const LIMITS = { L: { concurrency: 1 } };
const key = (name: string): string => lab.keys.base + name;

describe('what somebody removes or overwrites by hand', () => {
  it('is no reason to let a job run that has got the id of one that waited for its turn', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    lab.worker(() => gate.passed, { concurrency: 3 });
    await queue.upsertJobScheduler('s', { every: 100, overlap: 'queue' }, { name: 'slot' });
    await until(async () => (await lab.client.hget(key('dedup:repeat:s'), 'held')) !== null);
    const held = (await lab.client.hget(key('dedup:repeat:s'), 'held'))!;
    await queue.removeJobScheduler('s');
    await queue.add('mine', 1, { jobId: held, delay: 60_000, priority: 2 });

    gate.open();
    await until(async () => (await queue.getActiveCount()) === 0);

    expect(await queue.getFailedCount()).toBe(0);
    expect(await (await queue.getJob(held))!.getState()).toBe('delayed');
  });

  it.each(['as the first job', 'within a flow'])(
    'is not what a new job of that id has, %s',
    async (place) => {
      const queue = lab.queue();
      const first = lab.worker(async () => 1);
      await queue.add('old', 1, { jobId: 'x' });
      await until(async () => (await queue.getCompletedCount()) === 1);
      await first.close();
      await lab.client.del(key('body:x'));
      const children = [{ name: 'child', queueName: lab.name }];
      const parent = { name: 'new', queueName: lab.name, opts: { jobId: 'x' }, children };

      await lab
        .flows()
        .add(place === 'within a flow' ? { name: 'root', queueName: lab.name, children: [parent] } : parent);
      lab.worker(async () => 2);

      await until(async () => (await (await queue.getJob('x'))?.getState()) === 'completed');
      expect((await queue.getJob('x'))!.returnvalue).toBe(2);
      await until(async () => (await queue.getWaitingChildrenCount()) === 0);
    },
  );

  it('of a job that waits for a limit leaves nothing that its group is full of', async () => {
    const queue = lab.queue({ limits: LIMITS });
    const gate = new Gate();
    lab.worker(() => gate.passed, { concurrency: 5 });
    const opts: JobsOptions = { group: { id: 'g' }, limits: ['L'] };
    await queue.addBulk([1, 2].map((data) => ({ name: 'a', data, opts })));
    await until(async () => (await lab.client.zcard(key('sidelined:g'))) === 1);
    const [id] = await lab.client.zrange(key('sidelined:g'), '0', '0');
    await lab.client.del(key(`job:${id}`), key(`body:${id}`));
    gate.open();
    await until(async () => (await queue.getActiveCount()) === 0);

    await queue.deleteGroup('g');

    expect(await lab.client.exists(key('sidelined:g'))).toBe(0);
  });

  it.each([
    ['that is parked', { limits: ['L'] }],
    ['of a group that is parked', { limits: ['L'], group: { id: 'g' } }],
    ['of a group', { group: { id: 'g' } }],
    ['with a priority', { priority: 2 }],
  ] satisfies [string, JobsOptions][])('of a job %s stops no sweep', async (_, opts) => {
    const queue = lab.queue({ limits: LIMITS });
    const gate = new Gate();
    const worker = lab.worker(() => gate.passed, { concurrency: 3 });
    const jobs = await queue.addBulk([1, 2, 3, 4].map((data) => ({ name: 'a', data, opts })));
    await until(async () => (await queue.getActiveCount()) > 0);
    await worker.pause(true);
    const { id } = jobs.at(-1)!;
    await lab.client.del(key(`job:${id}`));
    await lab.client.set(key(`job:${id}`), 'what?');

    await queue.clean(0, 100, 'wait');
    await queue.drain(true);
    await queue.deleteGroup('g');
    gate.open();
    await worker.close();
    await queue.obliterate({ force: true });

    expect(await lab.client.exists(key(`job:${id}`))).toBe(0);
  });
});
