import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, type Observable, skip, take, toArray } from 'rxjs';
import {
  InvalidOptionError,
  type JobEvent,
  type JobsOptions,
  type Queue,
  type QueueEvents,
  type WatchEvent,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

const names = (events: readonly JobEvent[]): string[] => events.map(({ event }) => event);

/** Everything told so far, and whether it is over. */
function record(watch$: Observable<WatchEvent>): { told: WatchEvent[]; isOver: boolean; stop: () => void } {
  const seen = { told: [] as WatchEvent[], isOver: false, stop: () => subscription.unsubscribe() };
  const subscription = watch$.subscribe({
    next: (event) => seen.told.push(event),
    complete: () => (seen.isOver = true),
  });
  return seen;
}

const all = (watch$: Observable<WatchEvent>): Promise<WatchEvent[]> => lastValueFrom(watch$.pipe(toArray()));

describe('watching a job', () => {
  it('tells how it is, then what happens, and is over with it', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const { id } = await queue.add('paint', { wall: 1 });
    const seen = record(events.watch(id));
    await until(() => seen.told.length === 1);
    lab.worker(async (job) => {
      await job.updateProgress(50);
      return 'done';
    });
    await until(() => seen.isOver);
    expect(seen.told).toMatchObject([
      {
        event: 'snapshot',
        id: expect.stringMatching(/^\d+-\d+-2$/),
        timestamp: expect.any(Number),
        jobId: id,
        state: 'waiting',
        name: 'paint',
        addedOn: expect.any(Number),
        attemptsMade: 0,
        attemptsStarted: 0,
      },
      { event: 'active', jobId: id },
      { event: 'progress', jobId: id, data: 50 },
      { event: 'completed', jobId: id, returnvalue: 'done' },
    ]);
  });

  it('is over at once for a job that has finished, and for one that is not there', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const worker = lab.worker(async ({ name }) => {
      if (name === 'bad') throw new Error('boo');
      return [1];
    });
    const ends = [next(worker, 'completed'), next(worker, 'failed')];
    const good = await queue.add('good', 0);
    const bad = await queue.add('bad', 0);
    await Promise.all(ends);
    expect(await all(events.watch(good.id))).toMatchObject([
      { event: 'snapshot', state: 'completed', returnvalue: [1], finishedOn: expect.any(Number) },
    ]);
    expect(await all(events.watch(bad.id))).toMatchObject([
      { event: 'snapshot', state: 'failed', failedReason: 'boo' },
    ]);
    expect(await all(events.watch('nowhere'))).toMatchObject([
      { event: 'snapshot', jobId: 'nowhere', state: 'unknown' },
    ]);
  });

  it('gives a failure as a value, and ends where the job is removed', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const [bad, gone] = [await queue.add('bad', 0), await queue.add('gone', 0)];
    const [first, second] = [all(events.watch(bad.id)), record(events.watch(gone.id))];
    await until(() => second.told.length === 1);
    await queue.remove(gone.id);
    lab.worker(async () => {
      throw new Error('boo');
    });
    await queue.resume();
    expect((await first).at(-1)).toMatchObject({ event: 'failed', failedReason: 'boo' });
    await until(() => second.isOver);
    expect(names(second.told)).toEqual(['snapshot', 'removed']);
  });

  it.each<[string, JobsOptions, (queue: Queue, id: string) => Promise<unknown>]>([
    ['is drained', {}, (queue) => queue.drain()],
    ['is drained while it has a priority', { priority: 2 }, (queue) => queue.drain()],
    ['is drained while it is delayed', { delay: 60_000 }, (queue) => queue.drain(true)],
    ['is cleaned', {}, (queue) => queue.clean(0, 0, 'waiting')],
    ['is cleaned while it is delayed', { delay: 60_000 }, (queue) => queue.clean(0, 0, 'delayed')],
    ['goes with its queue', {}, (queue) => queue.obliterate()],
    [
      'is replaced',
      { delay: 60_000, deduplication: { id: 'a', replace: true } },
      (queue) => queue.add('paint', 1, { delay: 60_000, deduplication: { id: 'a', replace: true } }),
    ],
  ])('is over when the job %s', async (_how, opts, leave) => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0, opts);
    const seen = record(events.watch(id));
    await until(() => seen.told.length === 1);
    await setTimeout(2);
    await leave(queue, id);
    await until(() => seen.isOver);
    expect(names(seen.told)).toEqual(['snapshot', 'removed']);
    // Whoever comes back later learns it too.
    const again = await all(events.watch(id, { after: seen.told[0]!.id }));
    expect(names(again)).toEqual(['removed']);
  });

  it('is over when the job is removed as a child of another', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { children } = await lab.flows().add({
      ...{ name: 'house', queueName: queue.name, data: 0 },
      children: [{ name: 'wall', queueName: queue.name, data: 0 }],
    });
    const seen = record(events.watch(children![0]!.job.id));
    await until(() => seen.told.length === 1);
    await queue.remove((await queue.getWaitingChildren())[0]!.id);
    await until(() => seen.isOver);
    expect(names(seen.told)).toEqual(['snapshot', 'removed']);
  });

  it('leaves out what cannot be read, says so, and goes on to the end', async () => {
    const queue = lab.queue();
    const reading = await lab.events({
      codec: {
        serialize: (value: unknown) => value,
        deserialize: () => {
          throw new Error('not mine');
        },
      },
    });
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    await (await queue.getJob(id))!.updateProgress(1);
    const broken = await queue.add('broken', 0);
    await lab.client.set(`${lab.keys.base}body:${broken.id}`, 'half a bo');
    const [seen, other] = [record(reading.watch(id)), record(reading.watch(broken.id))];
    await until(() => seen.told.length === 1 && other.told.length === 1);
    expect(seen.told[0]).toMatchObject({ state: 'waiting', name: 'paint' });
    expect(seen.told[0]).not.toHaveProperty('progress');
    expect(other.told[0]).toMatchObject({ state: 'waiting' });
    expect(lab.takeErrors().map(({ name }) => name)).toEqual([
      'UnreadableValueError',
      'UnreadableValueError',
    ]);
    await queue.remove(broken.id);
    lab.worker(async () => 2);
    await queue.resume();
    await until(() => seen.isOver && other.isOver);
    expect(names(seen.told)).toEqual(['snapshot', 'active', 'completed']);
    // The result was not readable either.
    expect(lab.takeErrors().map(({ name }) => name)).toEqual([
      'UnreadableValueError',
      'UnreadableValueError',
    ]);
  });

  it('loses nothing between the snapshot and what follows, whenever it begins', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    lab.worker(
      async (job) => {
        for (let i = 1; i <= 5; i += 1) await job.updateProgress(i);
        return job.data;
      },
      { concurrency: 20 },
    );
    const watches: Promise<WatchEvent[]>[] = [];
    for (let n = 0; n < 200; n += 1) {
      const job = await queue.add('paint', n);
      watches.push(all(events.watch(job.id)));
    }
    for (const told of await Promise.all(watches)) {
      const [snapshot, ...rest] = told;
      const last = told.at(-1)!;
      const result = last.event === 'completed' || last.event === 'snapshot' ? last.returnvalue : undefined;
      expect(typeof result).toBe('number');
      // Progress goes on where the snapshot ends.
      const from = snapshot!.event === 'snapshot' ? Number(snapshot!.progress ?? 0) : -1;
      const progress = rest.flatMap((event) => (event.event === 'progress' ? [event.data] : []));
      const expected = last.event === 'snapshot' ? [] : [1, 2, 3, 4, 5].slice(from);
      expect(progress).toEqual(expected);
    }
  });

  it('goes on after any event it has told, to the end', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const { id } = await queue.add('paint', 0);
    const whole = all(events.watch(id));
    lab.worker(async (job) => {
      for (let i = 1; i <= 3; i += 1) await job.updateProgress(i);
    });
    const told = await whole;
    expect(names(told)).toEqual(['snapshot', 'active', 'progress', 'progress', 'progress', 'completed']);
    for (let at = 0; at < told.length - 1; at += 1) {
      expect(await all(events.watch(id, { after: told[at]!.id }))).toEqual(told.slice(at + 1));
    }
    // After the last one nothing will come: how it is, is said again.
    expect(await all(events.watch(id, { after: told.at(-1)!.id }))).toMatchObject([
      { event: 'snapshot', state: 'completed' },
    ]);
    for (const after of ['', '0', undefined]) {
      expect(names(await all(events.watch(id, { after })))).toEqual(['snapshot']);
    }
  });

  it('goes on into what has not happened yet', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const [added] = [await firstValueFrom(events.watch(id))];
    await queue.add('other', 0);
    const rest = all(events.watch(id, { after: added.id }));
    lab.worker(async () => 1);
    await queue.resume();
    expect(names(await rest)).toEqual(['active', 'completed']);
  });

  it('says what is missing where the events were cut past the cursor, and how the job is now', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const { id: after } = await firstValueFrom(events.watch(id));
    for (let n = 0; n < 5; n += 1) await queue.add('more', n);
    const job = (await queue.getJob(id))!;
    await job.updateProgress(7);
    // Told were: paused, paint (2), more (10), progress. The one entry that is left is the last.
    await queue.trimEvents(1);
    const told = lastValueFrom(events.watch(id, { after }).pipe(take(2), toArray()));
    expect(await told).toMatchObject([
      { event: 'gap', lost: 10 },
      { event: 'snapshot', state: 'waiting', progress: 7 },
    ]);
    // Nothing is left at all.
    await queue.trimEvents(0);
    expect(await lastValueFrom(events.watch(id, { after }).pipe(take(2), toArray()))).toMatchObject([
      { event: 'gap', lost: 11 },
      { event: 'snapshot', progress: 7 },
    ]);
    // What came after the cut is there: no gap.
    const { id: now } = await firstValueFrom(events.watch(id));
    const rest = firstValueFrom(events.watch(id, { after: now }));
    await job.updateProgress(8);
    expect(await rest).toMatchObject({ event: 'progress', data: 8 });
  });

  it('says that something may be missing after a cursor of another life of the queue', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const told = await lastValueFrom(events.watch(id, { after: '1-0-999999' }).pipe(take(2), toArray()));
    expect(told).toMatchObject([{ event: 'gap' }, { event: 'snapshot', state: 'waiting' }]);
    expect(told[0]).not.toHaveProperty('lost');
  });

  it('says that something may be missing after a cursor that is yet to come, and goes on from now', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const seen = record(events.watch(id, { after: '99999999999999-0-7' }));
    await until(() => seen.told.length === 2);
    await queue.remove(id);
    await until(() => seen.isOver);
    expect(names(seen.told)).toEqual(['gap', 'snapshot', 'removed']);
  });

  it('brings a result that is too large for its event', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const seen = all(events.watch(id));
    const { id: start } = await firstValueFrom(events.watch(id));
    lab.worker(async () => 'x'.repeat(100_000));
    await queue.resume();
    const last = (await seen).at(-1)!;
    expect(last).toMatchObject({ event: 'completed', returnvalue: 'x'.repeat(100_000) });
    expect((await all(events.watch(id, { after: start }))).at(-1)).toEqual(last);
  });

  it('brings a reason that is too large for its event, and one that is empty', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const ids = (await queue.addBulk(['x'.repeat(100_000), ''].map((data) => ({ name: 'paint', data })))).map(
      ({ id }) => id,
    );
    const seen = ids.map((id) => all(events.watch(id)));
    const { id: start } = await firstValueFrom(events.watch(ids[0]!));
    lab.worker(async ({ data }) => {
      throw new Error(data);
    });
    await queue.resume();
    const last = (await Promise.all(seen)).map((told) => told.at(-1)!);
    expect(last).toMatchObject([
      { event: 'failed', failedReason: 'x'.repeat(100_000) },
      { event: 'failed', failedReason: '' },
    ]);
    expect((await all(events.watch(ids[0]!, { after: start }))).at(-1)).toEqual(last[0]);
  });

  it('ends when the events are closed, and does nothing to the job when it is given up', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const gate = new Gate();
    lab.worker(async () => gate.passed);
    const { id } = await queue.add('paint', 0);
    const [ended, given] = [record(events.watch(id)), record(events.watch(id))];
    await until(() => given.told.length >= 1 && ended.told.length >= 1);
    given.stop();
    await events.close();
    expect([ended.isOver, given.isOver]).toEqual([true, false]);
    expect(await all(events.watch(id))).toEqual([]);
    gate.open();
    await until(async () => (await queue.getCompletedCount()) === 1);
  });

  it('starts the reading where nobody did', async () => {
    const queue = lab.queue();
    const events: QueueEvents = await lab.events({ autorun: false });
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const second = firstValueFrom(events.watch(id).pipe(skip(1)));
    await firstValueFrom(events.watch(id));
    await queue.remove(id);
    expect(await second).toMatchObject({ event: 'removed' });
  });

  it('refuses a place that is none', async () => {
    const events = await lab.events();
    const beyond = '18446744073709551616';
    const repeated = ['1-0-1', '1-0-1'] as unknown as string;
    for (const after of [
      'x',
      '1-2-3-4',
      '$',
      '1-2-3\nid: 4',
      '1-0-1, 1-0-1',
      beyond,
      `1-${beyond}`,
      repeated,
    ]) {
      expect(() => events.watch('1', { after })).toThrow(InvalidOptionError);
    }
    expect(() => events.watch('1', { buffer: { limit: 0 } })).toThrow(InvalidOptionError);
    expect(() => events.watch('1', { buffer: { overflow: 'all' as 'error' } })).toThrow(InvalidOptionError);
  });
});
