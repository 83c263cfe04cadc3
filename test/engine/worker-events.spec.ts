import { describe, expect, it } from '@jest/globals';
import { DelayedError, type Job, RateLimitError, WaitingError, Worker } from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

describe('local events of a worker', () => {
  it('say how an attempt ended before the next one begins, also where one call does both', async () => {
    const queue = lab.queue();
    const told: string[] = [];
    const worker = lab.worker(
      async (job) => {
        if (job.attemptsMade < 3) throw new Error('as told');
      },
      { autorun: false, concurrency: 8 },
    );
    worker.on('active', (job) => told.push(`active ${job.attemptsMade}`));
    worker.on('failed', (job) => told.push(`failed ${job?.attemptsMade}`));
    await queue.add('a', {}, { attempts: 4 });
    const ended = next(worker, 'completed');
    void worker.run();
    await ended;
    expect(told).toEqual([
      ...['active 0', 'failed 1', 'active 1', 'failed 2', 'active 2', 'failed 3'],
      'active 3',
    ]);
  });

  it('come with their arguments, in order', async () => {
    const queue = lab.queue();
    const told: unknown[][] = [];
    const worker = lab.worker(
      async (job) => {
        await job.updateProgress(50);
        if (job.name === 'bad') throw new Error('boo');
        return 7;
      },
      { autorun: false, name: 'me' },
    );
    worker.on('ready', () => told.push(['ready']));
    worker.on('active', (job, prev) =>
      told.push(['active', job.name, prev, job.processedBy, typeof job.processedOn]),
    );
    worker.on('progress', (job, progress) => told.push(['progress', job.name, progress]));
    worker.on('completed', (job, result, prev) =>
      told.push([
        'completed',
        job.name,
        result,
        prev,
        job.attemptsMade,
        job.returnvalue,
        typeof job.finishedOn,
      ]),
    );
    worker.on('failed', (job, error, prev) =>
      told.push([
        'failed',
        job?.name,
        error.message,
        prev,
        job?.attemptsMade,
        job?.failedReason,
        typeof job?.finishedOn,
      ]),
    );
    worker.on('drained', () => told.push(['drained']));
    await queue.add('good', 1);
    await queue.add('bad', 1);
    await worker.waitUntilReady();
    const ended = [next(worker, 'drained'), next(worker, 'failed')];
    void worker.run();
    await Promise.all(ended);
    const of = (name: string): unknown[][] => told.filter((event) => event[1] === name);
    expect(of('good')).toEqual([
      ['active', 'good', 'waiting', 'me', 'number'],
      ['progress', 'good', 50],
      ['completed', 'good', 7, 'active', 1, 7, 'number'],
    ]);
    expect(of('bad')).toEqual([
      ['active', 'bad', 'waiting', 'me', 'number'],
      ['progress', 'bad', 50],
      ['failed', 'bad', 'boo', 'active', 1, 'boo', 'number'],
    ]);
    expect(told[0]).toEqual(['ready']);
    expect(told.filter(([event]) => event === 'drained')).toHaveLength(1);
  });

  it('tell drained once until there was work again', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => 1, { drainDelay: 0.02 });
    let drained = 0;
    worker.on('drained', () => (drained += 1));
    await next(worker, 'drained');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(drained).toBe(1);
    const again = next(worker, 'drained');
    await queue.add('a', 0);
    await again;
    expect(drained).toBe(2);
  });

  it('a listener that throws, or rejects, becomes an error event and breaks nothing', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => 1);
    worker.on('active', () => {
      throw new Error('from active');
    });
    worker.on('completed', (async () => {
      throw new Error('from completed');
    }) as () => void);
    let later = 0;
    worker.on('completed', () => (later += 1));
    const completed = nextFew(worker, 'completed', 2);
    await queue.addBulk([
      { name: 'a', data: 0 },
      { name: 'b', data: 0 },
    ]);
    await completed;
    await until(() => later === 2);
    expect(
      lab
        .takeErrors()
        .map(({ message }) => message)
        .sort(),
    ).toEqual(['from active', 'from active', 'from completed', 'from completed']);
    expect(await queue.getCompletedCount()).toBe(2);
  });
});

describe('a processor that moves its job', () => {
  it('to delayed and throws DelayedError goes on when the job is due; no attempt is counted', async () => {
    const queue = lab.queue();
    const starts: number[] = [];
    const worker = lab.worker(async (job, token) => {
      starts.push(Date.now());
      if (starts.length === 1) {
        await job.moveToDelayed(Date.now() + 80, token);
        throw new DelayedError();
      }
      return 'done';
    });
    let failed = 0;
    worker.on('failed', () => (failed += 1));
    const events = await lab.events();
    const delayed = next(events, 'delayed');
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', 0);
    await completed;
    expect((await delayed)[0]).toEqual({ jobId: id, delay: expect.any(Number) });
    expect(starts[1]! - starts[0]!).toBeGreaterThanOrEqual(75);
    expect(await queue.getJob(id)).toMatchObject({
      attemptsMade: 1,
      attemptsStarted: 2,
      returnvalue: 'done',
    });
    expect(failed).toBe(0);
  });

  it('may return instead of throwing', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async (job) => {
      if (job.attemptsStarted > 1) return 'done';
      await job.moveToDelayed(Date.now() + 10);
      return 'not yet';
    });
    const completed = next(worker, 'completed');
    await queue.add('a', 0);
    expect((await completed)[1]).toBe('done');
  });

  it('to the front and throws WaitingError is started again before others', async () => {
    const queue = lab.queue();
    const names: string[] = [];
    const worker = lab.worker(async (job, token) => {
      names.push(job.name);
      if (job.name === 'a' && job.attemptsStarted === 1) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
    });
    const completed = nextFew(worker, 'completed', 2);
    await queue.addBulk([
      { name: 'a', data: 0 },
      { name: 'b', data: 0 },
    ]);
    await completed;
    expect(names).toEqual(['a', 'a', 'b']);
    const [job] = await queue.getCompleted(1, 1);
    expect(job).toMatchObject({ name: 'a', attemptsMade: 1, attemptsStarted: 2 });
  });
});

describe('a special error without the move', () => {
  it('WaitingError: the worker gives the job back itself', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async (job) => {
      if (job.attemptsStarted === 1) throw new WaitingError();
      return 'done';
    });
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', 0);
    await completed;
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });

  it('DelayedError: the job fails at once and says why, instead of hanging until it stalls', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => {
      throw new DelayedError();
    });
    const failed = next(worker, 'failed');
    await queue.add('a', 0, { attempts: 3 });
    const [job, error] = (await failed) as [Job, Error];
    expect(error.name).toBe('UnrecoverableError');
    expect(error.message).toContain('DelayedError');
    expect(job.attemptsMade).toBe(1);
  });

  it('RateLimitError of several jobs at once: they wait in front in their order', async () => {
    const queue = lab.queue();
    await queue.addBulk(['a', 'b', 'c', 'd'].map((name) => ({ name, data: 0 })));
    const gate = new Gate();
    const started: string[] = [];
    lab.worker(
      async ({ name }) => {
        started.push(name);
        if (started.length <= 3) {
          await gate.passed;
          throw Worker.RateLimitError();
        }
      },
      { concurrency: 3 },
    );
    await until(() => started.length === 3);
    gate.open();
    await until(async () => (await queue.getCompletedCount()) === 4);
    expect(started).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'd']);
  });

  it('RateLimitError after rateLimit: the job waits in front until the limit ends; no attempt is counted', async () => {
    const queue = lab.queue();
    const starts: [string, number][] = [];
    const worker: Worker = lab.worker(async (job) => {
      starts.push([job.name, Date.now()]);
      if (starts.length === 1) {
        await worker.rateLimit(120);
        throw Worker.RateLimitError();
      }
    });
    const completed = nextFew(worker, 'completed', 2);
    const [first] = await queue.addBulk([
      { name: 'a', data: 0 },
      { name: 'b', data: 0 },
    ]);
    await completed;
    expect(starts.map(([name]) => name)).toEqual(['a', 'a', 'b']);
    expect(starts[1]![1] - starts[0]![1]).toBeGreaterThanOrEqual(115);
    expect(await queue.getJob(first!.id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });

  it('RateLimitError is known by its message too', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async (job) => {
      if (job.attemptsStarted === 1) throw new Error(new RateLimitError().message);
      return 'done';
    });
    const completed = next(worker, 'completed');
    await queue.add('a', 0);
    expect((await completed)[0].attemptsMade).toBe(1);
  });
});
