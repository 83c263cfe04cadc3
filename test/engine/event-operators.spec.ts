import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { forJob, type JobEvent, ofType, toProgress, whenFinished } from '../../lib/engine.js';
import { EngineLab, next } from '../support/engine-lab.js';

const lab = EngineLab.open();
const base = { id: '1-0-1', timestamp: 1 };
const EVENTS: JobEvent[] = [
  { ...base, event: 'added', jobId: 'a', name: 'n' },
  { ...base, event: 'paused' },
  { ...base, event: 'progress', jobId: 'a', data: 1 },
  { ...base, event: 'progress', jobId: 'b', data: 2 },
  { ...base, event: 'completed', jobId: 'b', returnvalue: null, prev: 'active' },
];

describe('operators', () => {
  it('pick events by name and by job', async () => {
    const progress = await firstValueFrom(from(EVENTS).pipe(ofType('progress'), toArray()));
    expect(progress.map(({ data }) => data)).toEqual([1, 2]);
    const two = await firstValueFrom(from(EVENTS).pipe(ofType('added', 'completed'), toArray()));
    expect(two.map(({ event }) => event)).toEqual(['added', 'completed']);
    expect(await firstValueFrom(from(EVENTS).pipe(forJob('b'), toArray()))).toEqual(EVENTS.slice(3));
  });

  it('give progress, first what there is already', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const job = await queue.add('paint', 0);
    await job.updateProgress(10);
    const seen = lastValueFrom(events.watch(job.id).pipe(toProgress<number>(), toArray()));
    await firstValueFrom(events.watch(job.id));
    lab.worker(async (running) => running.updateProgress(90));
    await queue.resume();
    expect(await seen).toEqual([10, 90]);
  });

  it('give the outcome of a job as one value, whether it is over or not', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const [good, bad, gone] = await queue.addBulk(['good', 'bad', 'gone'].map((name) => ({ name, data: 0 })));
    const outcomes = () =>
      Promise.all(
        [good!, bad!, gone!].map(({ id }) => firstValueFrom(events.watch(id).pipe(whenFinished<number[]>()))),
      );
    const before = outcomes();
    await firstValueFrom(events.watch(gone!.id));
    await queue.remove(gone!.id);
    const worker = lab.worker(async ({ name }) => {
      if (name === 'bad') throw new Error('boo');
      return [1];
    });
    const ends = [next(worker, 'completed'), next(worker, 'failed')];
    await queue.resume();
    await Promise.all(ends);
    const expected = [
      { outcome: 'completed', jobId: good!.id, returnvalue: [1] },
      { outcome: 'failed', jobId: bad!.id, failedReason: 'boo' },
      { outcome: 'removed', jobId: gone!.id },
    ];
    expect(await before).toEqual(expected);
    expect(await outcomes()).toEqual(expected);
  });
});
