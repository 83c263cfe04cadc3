import { types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, of } from 'rxjs';
import { type Codec, defineSteps, waitForChildren, waitForSignal } from '../../lib/engine.js';
import { EngineLab, next, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** Keeps whatever the structured clone algorithm knows. */
const codec: Codec = {
  serialize: (value) => serialize(value).toString('base64'),
  deserialize: (stored: string) => deserialize(Buffer.from(stored, 'base64')),
};

const value = {
  when: new Date('2026-01-02T03:04:05Z'),
  tags: new Map([['a', new Set([1, 2])]]),
  bytes: new Uint8Array([0, 9, 10, 255]),
  error: new TypeError('kept'),
};

describe('a codec', () => {
  it('brings dates, maps, bytes and errors through data, progress and result', async () => {
    const queue = lab.queue({ codec });
    const worker = lab.worker(
      async (job) => {
        await job.updateProgress(job.data);
        return { seen: job.data };
      },
      { codec },
    );
    const completed = next(worker, 'completed');
    const job = await queue.add('a', value);
    await completed;
    const read = (await queue.getJob(job.id))!;
    for (const part of [read.data, read.progress, read.returnvalue.seen]) {
      expect(part).toEqual({ ...value, bytes: Buffer.from(value.bytes) });
      expect(types.isNativeError(part.error)).toBe(true);
      expect(types.isDate(part.when)).toBe(true);
    }
  });

  it("reads children's results for a queue as for a job", async () => {
    const queue = lab.queue({ codec });
    const worker = lab.worker(async (job) => (job.name === 'child' ? value.when : 1), { codec });
    const completed = nextFew(worker, 'completed', 2);
    const child = { name: 'child', queueName: queue.name };
    const { job } = await lab
      .flows({ codec })
      .add({ name: 'parent', queueName: queue.name, children: [child] });
    await completed;

    await expect(queue.getDependencies(job.id, 'nope' as never, 0, -1)).rejects.toThrow(
      'Use processed or pending',
    );
    const { items } = await queue.getDependencies(job.id, 'processed', 0, -1);

    expect(items.map(({ v }) => v)).toEqual([value.when]);
    expect(Object.values((await job.getDependencies()).processed!)).toEqual([value.when]);
  });

  it('is given new data by updateData', async () => {
    const queue = lab.queue({ codec });
    const job = await queue.add('a', {});
    await job.updateData(value);
    expect((await queue.getJob(job.id))!.data.tags).toEqual(value.tags);
  });

  it('is not asked about nothing', async () => {
    const queue = lab.queue({ codec });
    const worker = lab.worker(async () => undefined, { codec });
    const completed = next(worker, 'completed');
    const job = await queue.add('a', undefined as never);
    await completed;
    const read = (await queue.getJob(job.id))!;
    expect([read.data, read.returnvalue, read.unreadable]).toEqual([{}, null, undefined]);
  });

  it('brings them through steps, their emissions, signals and children', async () => {
    const queue = lab.queue({ codec });
    const childQueue = lab.queue({ codec }, `${lab.name}-children`);
    lab.worker(async () => value.when, { codec }, childQueue.name);
    const seen: unknown[] = [];
    const worker = lab.worker(
      defineSteps({
        first: () => value.tags,
        emit: (_job, ctx) => {
          seen.push(ctx.result('first'), ctx.results['first']);
          return of(new Date(1), value.when);
        },
        wait: () => waitForSignal('go'),
        children: async (_job, ctx) => {
          seen.push(ctx.result('emit'), ctx.result('wait'));
          await ctx.addChildren([{ name: 'c', queueName: childQueue.name, data: value }]);
          return waitForChildren();
        },
        last: async (job) => Object.values(await job.getChildrenValues())[0],
      }),
      { codec },
    );
    const events = await lab.events({ codec });
    const told = next(events, 'completed');
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', value);
    await queue.signal(id, 'go', value.tags);
    await completed;

    expect(seen).toEqual([value.tags, value.tags, value.when, { timedOut: false, signal: value.tags }]);
    const [{ returnvalue }] = (await told) as [{ returnvalue: unknown }];
    expect(returnvalue).toEqual(value.when);
    const job = (await queue.getJob(id))!;
    expect(job.returnvalue).toEqual(value.when);
    expect((await job.getSteps()).map(({ name, result }) => [name, result])).toMatchObject([
      ['first', value.tags],
      ['emit', value.when],
      ['wait', { timedOut: false, signal: value.tags }],
      ['children', null],
      ['last', value.when],
    ]);
    const snapshot = await firstValueFrom(events.watch(id));
    expect(snapshot).toMatchObject({ event: 'snapshot', returnvalue: value.when });
  });

  it('that cannot read a job fails it visibly, and leaves it to be retried', async () => {
    const plain = lab.queue();
    const queue = lab.queue({ codec });
    const worker = lab.worker(async () => 'never', { codec });
    const failed = next(worker, 'failed');
    const job = await plain.add('a', { not: 'base64' });
    const [, error] = await failed;
    expect(error).toMatchObject({ code: 'UNREADABLE_VALUE' });
    const read = (await queue.getJob(job.id))!;
    expect(read.data).toBeUndefined();
    expect(read.unreadable).toMatchObject({ code: 'UNREADABLE_VALUE' });
    expect(await read.isFailed()).toBe(true);
    expect((await plain.getJob(job.id))!.data).toEqual({ not: 'base64' });
  });

  it('that cannot store a value refuses it before anything is written', async () => {
    const queue = lab.queue({ codec });
    await expect(queue.add('a', { run: () => {} })).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    expect(await queue.count()).toBe(0);
  });

  it.each([[null], [{}], [{ serialize: String }], ['superjson']])('cannot be %p', (wrong) => {
    const options = { codec: wrong as never };
    expect(() => lab.queue(options)).toThrow(/codec.*serialize/);
    expect(() => lab.worker(async () => {}, options)).toThrow(/codec.*serialize/);
  });
});
