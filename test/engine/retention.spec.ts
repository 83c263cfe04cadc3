import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { KeepJobs, WorkerOptions } from '../../lib/engine.js';
import { EngineLab, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

type Keep = boolean | number | KeepJobs;

/** Runs so many jobs and answers the names of those that are kept, oldest first. */
async function kept(
  state: 'completed' | 'failed',
  count: number,
  { ofJob, ofWorker }: { ofJob?: Keep; ofWorker?: Keep },
): Promise<string[]> {
  const option = state === 'completed' ? 'removeOnComplete' : 'removeOnFail';
  const queue = lab.queue();
  const worker = lab.worker(
    async () => {
      if (state === 'failed') throw new Error('as told');
    },
    (ofWorker === undefined ? {} : { [option]: ofWorker }) as WorkerOptions,
  );
  const done = nextFew(worker, state, count);
  await queue.addBulk(
    Array.from({ length: count }, (_, n) => ({
      name: `n${n}`,
      data: n,
      opts: ofJob === undefined ? {} : { [option]: ofJob },
    })),
  );
  await done;
  await worker.close();
  return (await queue.getJobs(state, 0, -1, true)).map(({ name }) => name);
}

describe.each(['completed', 'failed'] as const)('%s jobs', (state) => {
  it('are all kept unless told otherwise', async () => {
    expect(await kept(state, 3, {})).toEqual(['n0', 'n1', 'n2']);
    expect(await kept(state, 3, { ofJob: false })).toHaveLength(6);
  });

  it('are removed at once with true, with all that belongs to them', async () => {
    expect(await kept(state, 3, { ofJob: true })).toEqual([]);
    const left = Object.keys(await lab.dump()).filter((key) => /^(?:job|body|logs):/.test(key));
    expect(left).toEqual([]);
  });

  it('are kept up to a number, the newest', async () => {
    expect(await kept(state, 5, { ofJob: 2 })).toEqual(['n3', 'n4']);
  });

  it('are kept up to a count in an object', async () => {
    expect(await kept(state, 5, { ofJob: { count: 3 } })).toEqual(['n2', 'n3', 'n4']);
  });

  it('are kept up to an age', async () => {
    expect(await kept(state, 3, { ofJob: { age: 0.2 } })).toHaveLength(3);
    await sleep(230);
    expect(await kept(state, 1, { ofJob: { age: 0.2 } })).toEqual(['n0']);
  });

  it('are not kept at all with an age of 0', async () => {
    expect(await kept(state, 3, { ofJob: { age: 0 } })).toEqual([]);
    expect(await kept(state, 2, { ofWorker: { count: 5, age: 0 } })).toEqual([]);
  });

  it('follow the worker where the job says nothing', async () => {
    expect(await kept(state, 4, { ofWorker: 1 })).toEqual(['n3']);
  });

  it('follow the job where both say something', async () => {
    expect(await kept(state, 4, { ofJob: { count: 3 }, ofWorker: true })).toEqual(['n1', 'n2', 'n3']);
    expect(await kept(state, 2, { ofJob: false, ofWorker: true })).toHaveLength(5);
  });
});
