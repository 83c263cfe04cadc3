import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, merge, take, toArray } from 'rxjs';
import type { WorkerEvent } from '../../lib/engine.js';
import { EngineLab, next } from '../support/engine-lab.js';

const lab = EngineLab.open();

describe("a worker's local events as streams", () => {
  it('have the fields that listeners get', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      async (job) => {
        await job.updateProgress(50);
        if (job.name === 'bad') throw new Error('boo');
        return job.data;
      },
      { autorun: false },
    );
    const { active$, progress$, completed$, failed$, drained$ } = worker;
    const told = firstValueFrom(
      merge<WorkerEvent[]>(active$, progress$, completed$, failed$).pipe(take(6), toArray()),
    );
    const drained = firstValueFrom(drained$);
    const [good, bad] = [await queue.add('good', 7), await queue.add('bad', 0)];
    void worker.run();
    expect(await told).toMatchObject([
      { event: 'active', job: { id: good.id }, prev: 'waiting' },
      { event: 'progress', job: { id: good.id }, data: 50 },
      { event: 'completed', job: { id: good.id }, returnvalue: 7, prev: 'active' },
      { event: 'active', job: { id: bad.id } },
      { event: 'progress', job: { id: bad.id } },
      { event: 'failed', job: { id: bad.id }, error: new Error('boo'), prev: 'active' },
    ]);
    expect(await drained).toEqual({ event: 'drained' });
  });

  it('complete when the worker is closed, also for who comes later', async () => {
    const worker = lab.worker(async () => 1);
    const all = lastValueFrom(merge(worker.completed$, worker.failed$, worker.error$).pipe(toArray()));
    const paused = firstValueFrom(worker.paused$);
    await worker.pause();
    expect(await paused).toEqual({ event: 'paused' });
    await worker.close();
    expect(await all).toEqual([]);
    expect(await lastValueFrom(worker.completed$.pipe(toArray()))).toEqual([]);
  });

  it('cost one listener while somebody subscribes, and none otherwise', async () => {
    const worker = lab.worker(async () => 1);
    const subscriptions = Array.from({ length: 100 }, () => worker.completed$.subscribe());
    expect(worker.listenerCount('completed')).toBe(1);
    subscriptions.forEach((subscription) => subscription.unsubscribe());
    expect(worker.listenerCount('completed')).toBe(0);
    const completed = next(worker, 'completed');
    await lab.queue().add('paint', 0);
    await completed;
  });

  it('tell of errors outside of jobs', async () => {
    const worker = lab.worker(async () => 1);
    const error = firstValueFrom(worker.error$);
    worker.on('completed', () => {
      throw new Error('the listener is broken');
    });
    await lab.queue().add('paint', 0);
    expect((await error).error.message).toBe('the listener is broken');
    expect(lab.takeErrors()).toHaveLength(1);
  });
});
