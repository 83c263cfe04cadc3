import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { Queue, QueueEvents, Worker } from '../../lib/engine.js';
import { randomPrefix } from '../support/queue-name.js';
import { connectTestRedis, testRedisUrl } from '../support/redis.js';

describe('the Observables of a queue', () => {
  const options = { connection: testRedisUrl(), prefix: '' };
  let queue: Queue;
  let events: QueueEvents;

  beforeEach(async () => {
    options.prefix = randomPrefix();
    queue = new Queue('streams', options);
    events = new QueueEvents('streams', options);
    await events.waitUntilReady();
  });

  afterEach(async () => {
    await queue.obliterate({ force: true });
    await queue.close();
    await events.close();
  });

  it('tell all that happens, in its order, each event with its cursor', async () => {
    const seen = lastValueFrom(events.all$.pipe(take(6), toArray()));
    const worker = new Worker('streams', async (job) => job.updateProgress(50), options);
    await queue.add('job', 1);

    expect((await seen).map(({ event }) => event)).toEqual([
      'added',
      'waiting',
      'active',
      'progress',
      'completed',
      'drained',
    ]);
    expect((await seen).map(({ id }) => id)).toEqual((await seen).map(({ id }) => id).toSorted());
    await worker.close();
  });

  it('tell of each kind of event alone', async () => {
    const dropped = firstValueFrom(events.deduplicated$);
    const completed = firstValueFrom(events.completed$);
    const failed = firstValueFrom(events.failed$);
    const deduplication = { id: 'same' };
    const first = await queue.add('job', { n: 1 }, { deduplication });
    await queue.add('job', { n: 2 }, { deduplication });
    const worker = new Worker(
      'streams',
      async (job) => {
        if (job.name === 'bad') throw new Error('no');
        return job.data;
      },
      options,
    );
    await queue.add('bad', {});

    expect(await dropped).toMatchObject({
      event: 'deduplicated',
      jobId: first.id,
      deduplicationId: 'same',
      deduplicatedJobId: '2',
      id: expect.stringMatching(/^\d+-\d+-\d+$/),
      timestamp: expect.any(Number),
    });
    expect(await completed).toMatchObject({ event: 'completed', jobId: first.id, returnvalue: { n: 1 } });
    expect(await failed).toMatchObject({ event: 'failed', failedReason: 'no' });
    await worker.close();
  });

  it('complete when the events are closed', async () => {
    const all = lastValueFrom(events.all$.pipe(toArray()));
    const told = firstValueFrom(events.paused$);
    await queue.pause();
    await told;
    await events.close();

    expect((await all).map(({ event }) => event)).toEqual(['paused']);
  });

  it('begin to read at the first subscription where autorun is off', async () => {
    const lazy = new QueueEvents('streams', { ...options, autorun: false });
    const added = firstValueFrom(lazy.added$.pipe(filter(({ name }) => name === 'later')));
    await lazy.run();
    await queue.add('later', 1);

    expect(await added).toMatchObject({ event: 'added', name: 'later' });
    await lazy.close();
  });

  it('cost no further connection, however many subscribe', async () => {
    const redis = connectTestRedis();
    const connections = async (): Promise<number> =>
      Number(/^connected_clients:(\d+)/m.exec(await redis.info('clients'))?.[1]);
    const before = await connections();
    const subscriptions = Array.from({ length: 200 }, () => events.all$.subscribe());
    await queue.add('job', 1);

    expect((await connections()) - before).toBeLessThan(5);
    subscriptions.forEach((subscription) => subscription.unsubscribe());
    await redis.quit();
  });
});
