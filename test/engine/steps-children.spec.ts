import { describe, expect, it } from '@jest/globals';
import { defineSteps, sleep, waitForChildren } from '../../lib/engine.js';
import { EngineLab, next, until } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';

const lab = EngineLab.open();

/** A worker of another queue, whose jobs come to what they are given. */
function children(name = randomQueueName(), work: (data: any) => unknown = (data) => data) {
  const queue = lab.queue({}, name);
  const start = () => lab.worker(async ({ data }) => work(data), {}, name);
  return { name, queue, start };
}

describe('a step that adds children', () => {
  it('waits for them without a slot, and goes on with what they came to', async () => {
    const parcels = children();
    const worker = lab.worker(
      defineSteps({
        ship: async (job, ctx) => {
          await ctx.addChildren([1, 2].map((data) => ({ queueName: parcels.name, name: 'parcel', data })));
          return waitForChildren({ value: 'shipped' });
        },
        finish: async (job, ctx) => [ctx.result('ship'), Object.values(await job.getChildrenValues())],
      }),
    );
    const job = await lab.queue().add('order', 0);
    await until(async () => (await job.getState()) === 'waiting-children');
    expect((await job.getSteps()).map(({ name, status }) => `${name} ${status}`)).toEqual(['ship completed']);
    const completed = next(worker, 'completed');
    parcels.start();
    const [, [shipped, values]] = (await completed) as [unknown, [string, number[]]];
    expect([shipped, values.toSorted()]).toEqual(['shipped', [1, 2]]);
  });

  it('goes on at once when none is pending', async () => {
    const worker = lab.worker(
      defineSteps({ a: () => waitForChildren(), b: () => 'b', c: () => waitForChildren() }),
    );
    const completed = next(worker, 'completed');
    const queue = lab.queue();
    const { id } = await queue.add('x', 0);
    expect((await completed)[1]).toBeNull();
    expect(await queue.getJob(id)).toMatchObject({ attemptsStarted: 1 });
  });

  it('adds none twice when it runs again', async () => {
    const parcels = children();
    const worker = lab.worker(
      defineSteps({
        ship: {
          run: async (_job, ctx) => {
            await ctx.addFlow({ queueName: parcels.name, name: 'parcel', data: 1 });
            if (ctx.attempt === 1) throw new Error('after the children');
            await ctx.addChildren([{ queueName: parcels.name, name: 'parcel', data: 2 }]);
            return waitForChildren();
          },
          attempts: 2,
        },
      }),
    );
    const completed = next(worker, 'completed');
    const job = await lab.queue().add('order', 0);
    await until(async () => (await job.getState()) === 'waiting-children');
    expect(await parcels.queue.getWaitingCount()).toBe(2);
    parcels.start();
    await completed;
  });

  it('fails when a child has failed that counts, and what was done before is undone', async () => {
    const parcels = children(undefined, () => {
      throw new Error('lost');
    });
    parcels.start();
    const runs: string[] = [];
    const worker = lab.worker(
      defineSteps({
        reserve: { run: () => 'r', compensate: () => runs.push('give back') },
        ship: async (_job, ctx) => {
          await ctx.addChildren([
            { queueName: parcels.name, name: 'parcel', opts: { failParentOnFailure: true } },
          ]);
          return waitForChildren();
        },
        never: () => runs.push('never'),
      }),
    );
    const failed = next(worker, 'failed');
    const job = await lab.queue().add('order', 0);
    expect((await failed)[1].message).toContain('failed');
    await until(async () => (await job.getState()) === 'failed');
    expect(runs).toEqual(['give back']);
  });

  it('that completes with children pending fails as a step', async () => {
    const parcels = children();
    const worker = lab.worker(
      defineSteps({
        ship: async (_job, ctx) => {
          await ctx.addChildren([{ queueName: parcels.name, name: 'parcel' }]);
        },
      }),
    );
    const failed = next(worker, 'failed');
    const job = await lab.queue().add('order', 0);
    expect((await failed)[1].code).toBe('PENDING_CHILDREN');
    expect((await job.getSteps())[0]).toMatchObject({ name: 'ship', status: 'failed' });
    lab.takeErrors();
  });

  it('goes on undoing where it was when its job comes back', async () => {
    const parcels = children(undefined, () => {
      throw new Error('lost');
    });
    parcels.start();
    const runs: string[] = [];
    const worker = lab.worker(
      defineSteps({
        reserve: {
          run: () => 'r',
          compensate: {
            run: (_job, ctx) => {
              runs.push(`give back ${ctx.attempt}`);
              if (ctx.attempt === 1) throw new Error('not now');
            },
            attempts: 2,
            backoff: 20,
          },
        },
        ship: async (_job, ctx) => {
          await ctx.addChildren([
            { queueName: parcels.name, name: 'parcel', opts: { failParentOnFailure: true } },
          ]);
          return sleep(60_000);
        },
        never: () => runs.push('never'),
      }),
    );
    const job = await lab.queue().add('order', 0);
    void worker;
    await until(async () => (await job.getState()) === 'failed');
    expect(runs).toEqual(['give back 1', 'give back 2']);
    expect((await lab.queue().getJob(job.id))!.failedReason).toContain('failed');
  });
});
