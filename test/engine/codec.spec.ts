import { types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import type { Codec } from '../../lib/engine.js';
import { EngineLab, next } from '../support/engine-lab.js';

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
