import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, QueueEvents, Worker, type Job } from '../../lib/engine.js';
import { randomPrefix } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

describe('locks of a worker with several jobs', () => {
  const options = { connection: testRedisUrl(), prefix: '' };
  let queue: Queue;
  let events: QueueEvents;
  let worker: Worker | undefined;

  beforeEach(async () => {
    options.prefix = randomPrefix();
    queue = new Queue('locks', options);
    events = new QueueEvents('locks', options);
    await events.waitUntilReady();
  });

  afterEach(async () => {
    await worker?.close(true);
    await queue.obliterate({ force: true });
    await queue.close();
    await events.close();
  });

  it('are all renewed, so that no job runs twice', async () => {
    const runs: string[] = [];
    const lost: string[] = [];
    const process = async (job: Job): Promise<void> => {
      runs.push(job.id);
      await renewed(2);
    };
    worker = new Worker('locks', process, {
      ...options,
      concurrency: 5,
      lockDuration: 2000,
      lockRenewTime: 50,
      stalledInterval: 50,
    });
    const renewed = (times: number): Promise<void> =>
      new Promise((resolve) => {
        let left = times * 4;
        worker?.on('locksRenewed', () => (left -= 1) === 0 && resolve());
      });
    worker.on('lockRenewalFailed', (ids) => lost.push(...ids));

    const jobs = await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'job', data: 0 })));
    await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 5000)));

    expect(runs.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    expect(lost).toEqual([]);
  });

  it('are lost by an older run of the same job as soon as a newer one holds it here', async () => {
    const reasons: unknown[] = [];
    const lost: string[] = [];
    let started = 0;
    let finish = (): void => {};
    const isFinished = new Promise<void>((resolve) => (finish = resolve));
    worker = new Worker(
      'locks',
      async (job, _token, signal) => {
        started += 1;
        if (started === 1) {
          // As after a pause of this process that was longer than its lock.
          signal?.addEventListener('abort', () => reasons.push(signal.reason));
          await queue.client.then((client) => client.zadd(`${options.prefix}:{locks}:active`, 1, job.id));
        }
        await isFinished;
      },
      { ...options, concurrency: 2, lockDuration: 60_000, lockRenewTime: 50, stalledInterval: 20 },
    );
    worker.on('lockRenewalFailed', (ids) => {
      lost.push(...ids);
      finish();
    });
    const job = await queue.add('job', 0);

    await isFinished;

    expect(lost).toEqual([job.id]);
    expect(reasons).toEqual([expect.objectContaining({ name: 'LockLostError', jobId: job.id })]);
    expect(started).toBe(2);
  });

  it('are of another token in another life of the same id', async () => {
    const tokens: string[] = [];
    let first: Job | undefined;
    worker = new Worker(
      'locks',
      async (job, token) => {
        tokens.push(token);
        first ??= job;
      },
      { ...options, removeOnComplete: true },
    );
    for (let life = 0; life < 2; life += 1) {
      const job = await queue.add('job', life, { jobId: 'order-a' });
      await job.waitUntilFinished(events, 5000);
    }

    expect(new Set(tokens).size).toBe(2);
    await queue.add('job', 2, { jobId: 'order-a', delay: 60_000 });
    await expect(first?.updateProgress(50)).rejects.toThrow('its lock was lost');
  });
});
