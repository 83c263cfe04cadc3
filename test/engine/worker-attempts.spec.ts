import { describe, expect, it } from '@jest/globals';
import { DelayedError, type Job, UnrecoverableError, WaitingError } from '../../lib/engine.js';
import { EngineLab, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** Fails the first `failures` attempts. Keeps when each was started. */
function failing(failures: number, starts: number[] = []): (job: Job) => Promise<string> {
  return async (job) => {
    starts.push(Date.now());
    if (job.attemptsMade < failures) throw new Error(`attempt ${job.attemptsMade + 1}`);
    return 'done';
  };
}

const gaps = (starts: number[]): number[] => starts.slice(1).map((start, i) => start - starts[i]!);

describe('retries', () => {
  it('are none without attempts, and none with one attempt', async () => {
    const queue = lab.queue();
    const worker = lab.worker(failing(9));
    await Promise.all([nextFew(worker, 'failed', 2), queue.add('a', 0), queue.add('b', 0, { attempts: 1 })]);
    expect(await queue.getJobCounts()).toMatchObject({ failed: 2, waiting: 0 });
    const [job] = await queue.getFailed();
    expect(job).toMatchObject({ attemptsMade: 1, attemptsStarted: 1, failedReason: 'attempt 1' });
    expect(job!.stacktrace).toHaveLength(1);
    expect(job!.stacktrace[0]).toContain('worker-attempts.spec');
  });

  it('come at once without a backoff, and each failed attempt is told', async () => {
    const queue = lab.queue();
    const worker = lab.worker(failing(2));
    const failed = nextFew(worker, 'failed', 2);
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', 0, { attempts: 3 });
    const [[, firstError], [, secondError]] = (await failed) as [[Job, Error], [Job, Error]];
    expect([firstError.message, secondError.message]).toEqual(['attempt 1', 'attempt 2']);
    const [done, result, prev] = await completed;
    expect([done.id, result, prev]).toEqual([id, 'done', 'active']);
    const job = (await queue.getJob(id))!;
    expect(job).toMatchObject({ attemptsMade: 3, attemptsStarted: 3, returnvalue: 'done' });
    expect(job.stacktrace).toHaveLength(2);
  });

  it.each([
    ['a number', 40, [40, 40]],
    ['fixed', { type: 'fixed', delay: 40 }, [40, 40]],
    ['exponential', { type: 'exponential', delay: 40 }, [40, 80]],
  ])('wait as a backoff says: %s', async (_kind, backoff, expected) => {
    const queue = lab.queue();
    const starts: number[] = [];
    const worker = lab.worker(failing(2, starts));
    await Promise.all([next(worker, 'completed'), queue.add('a', 0, { attempts: 3, backoff })]);
    for (const [i, gap] of gaps(starts).entries()) {
      expect(gap).toBeGreaterThanOrEqual(expected[i]! - 2);
      expect(gap).toBeLessThan(expected[i]! + 200);
    }
  });

  it('draw a part of the pause by chance with jitter', async () => {
    const queue = lab.queue();
    const worker = lab.worker(failing(1), { concurrency: 20 });
    const delayed = nextFew(await lab.events(), 'delayed', 20);
    const before = Date.now();
    await queue.addBulk(
      Array.from({ length: 20 }, () => ({
        name: 'a',
        data: 0,
        opts: { attempts: 2, backoff: { type: 'fixed', delay: 10_000, jitter: 0.5 } },
      })),
    );
    const pauses = (await delayed).map(([{ delay }]) => delay - before);
    await worker.close();
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5000);
    expect(Math.max(...pauses)).toBeLessThan(12_000);
    expect(new Set(pauses).size).toBeGreaterThan(5);
  });

  it('ask the strategy of the worker for any other type, with what it needs to decide', async () => {
    const queue = lab.queue();
    const asked: unknown[][] = [];
    const worker = lab.worker(failing(2), {
      settings: {
        backoffStrategy: async (...args) => {
          asked.push(args);
          return 10;
        },
      },
    });
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', 0, { attempts: 3, backoff: { type: 'mine' } });
    await completed;
    expect(
      asked.map(([made, type, error, job]) => [made, type, (error as Error).message, (job as Job).id]),
    ).toEqual([
      [1, 'mine', 'attempt 1', id],
      [2, 'mine', 'attempt 2', id],
    ]);
  });

  it('end when the strategy answers -1', async () => {
    const queue = lab.queue();
    const worker = lab.worker(failing(9), { settings: { backoffStrategy: () => -1 } });
    const events = await lab.events();
    let exhausted = 0;
    events.on('retries-exhausted', () => (exhausted += 1));
    const failed = next(events, 'failed');
    const { id } = await queue.add('a', 0, { attempts: 5, backoff: { type: 'mine' } });
    await failed;
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, failedReason: 'attempt 1' });
    expect(await queue.getFailedCount()).toBe(1);
    await worker.close();
    expect(exhausted).toBe(0);
  });

  it('end with an error event when there is no such strategy or it throws', async () => {
    const queue = lab.queue();
    const worker = lab.worker(failing(9), {
      settings: {
        backoffStrategy: () => {
          throw new Error('no idea');
        },
      },
    });
    const failed = nextFew(worker, 'failed', 1);
    await queue.add('a', 0, { attempts: 5, backoff: { type: 'mine' } });
    const [[job, error]] = (await failed) as [[Job, Error]];
    expect([job.failedReason, error.message]).toEqual(['attempt 1', 'attempt 1']);
    expect(lab.takeErrors().map(({ message }) => message)).toEqual(['no idea']);
    await worker.close();

    const other = lab.worker(failing(9));
    await Promise.all([
      next(other, 'failed'),
      queue.add('b', 0, { attempts: 5, backoff: { type: 'exponental' } }),
    ]);
    expect(lab.takeErrors()[0]!.message).toContain('"exponental". Did you mean exponential?');
    expect(await queue.getFailedCount()).toBe(2);
  });

  it('end with an UnrecoverableError, also one known by its name only', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async ({ name }) => {
      if (name === 'class') throw new UnrecoverableError('for good');
      throw Object.assign(new Error('for good'), { name: 'UnrecoverableError' });
    });
    const events = await lab.events();
    let exhausted = 0;
    events.on('retries-exhausted', () => (exhausted += 1));
    await Promise.all([
      nextFew(events, 'failed', 2),
      queue.add('class', 0, { attempts: 5 }),
      queue.add('name', 0, { attempts: 5 }),
    ]);
    for (const job of await queue.getFailed()) {
      expect(job).toMatchObject({ attemptsMade: 1, failedReason: 'for good' });
    }
    await worker.close();
    expect(exhausted).toBe(0);
  });

  it('keep as many stack traces as asked for', async () => {
    const queue = lab.queue();
    const worker = lab.worker(failing(99));
    const failed = nextFew(worker, 'failed', 20);
    const jobs = await queue.addBulk([
      { name: 'two', data: 0, opts: { attempts: 4, stackTraceLimit: 2 } },
      { name: 'none', data: 0, opts: { attempts: 4, stackTraceLimit: 0 } },
      { name: 'ten', data: 0, opts: { attempts: 12 } },
    ]);
    await failed;
    const traces = await Promise.all(jobs.map(async ({ id }) => (await queue.getJob(id))!.stacktrace));
    expect(traces.map(({ length }) => length)).toEqual([2, 0, 10]);
    expect(traces[0]![1]).toContain('attempt 4');
    expect(traces[2]![0]).toContain('attempt 3');
  });
});

function trap(): never {
  throw new Error('trap');
}

/** An error with parts that throw when they are read. */
function trapped(...parts: string[]): Error {
  const error = new Error('x');
  for (const part of parts) Object.defineProperty(error, part, { get: trap });
  return error;
}

describe('what a processor may throw', () => {
  it.each([
    ['an error whose message is a symbol', () => Object.assign(new Error('x'), { message: Symbol('s') })],
    ['an error whose message cannot be read', () => trapped('message')],
    ['an error whose name cannot be read', () => trapped('name')],
    ['an error of which nothing can be read', () => trapped('message', 'name', 'stack', 'cause', 'errors')],
    ['an object whose prototype cannot be had', () => new Proxy({}, { getPrototypeOf: trap })],
    ['an error behind a proxy that refuses', () => new Proxy(new Error('x'), { get: trap })],
  ])('uses up the attempts of its job, and no more: %s', async (_what, thrown) => {
    const queue = lab.queue();
    const rejections: unknown[] = [];
    const keep = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', keep);
    let starts = 0;
    const worker = lab.worker(() => {
      starts += 1;
      return Promise.reject(thrown() as Error);
    });
    const failed = nextFew(worker, 'failed', 2);
    const { id } = await queue.add('a', 0, { attempts: 2 });
    await failed;
    expect(await queue.getJobState(id)).toBe('failed');
    process.off('unhandledRejection', keep);
    expect([starts, rejections]).toEqual([2, []]);
  });

  it.each([
    ['a text', 'boo', 'boo'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object without a prototype', Object.create(null), ''],
    [
      'an object whose text cannot be had',
      {
        toString: () => {
          throw new Error('no');
        },
      },
      '',
    ],
    ['an error without a message', new Error(''), ''],
    ['an error whose message is no text', Object.assign(new Error('x'), { message: { a: 1 } }), ''],
    ['an error whose message was taken away', Object.assign(new Error('x'), { message: undefined }), ''],
    [
      'an error whose message is a symbol',
      Object.assign(new Error('x'), { message: Symbol('s') }),
      'Symbol(s)',
    ],
  ])('%s', async (_kind, thrown, reason) => {
    const queue = lab.queue();
    const worker = lab.worker(() => Promise.reject(thrown as Error));
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', 0);
    const [, error] = await failed;
    expect(error).toBeInstanceOf(Error);
    const job = (await queue.getJob(id))!;
    expect(typeof job.failedReason).toBe('string');
    expect(job.failedReason).toContain(reason);
    expect(await job.getState()).toBe('failed');
  });

  it('also before it returns a promise', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => {
      throw new Error('at once');
    });
    const failed = next(worker, 'failed');
    await queue.add('a', 0);
    expect((await failed)[1].message).toBe('at once');
  });
});

describe('what a processor may return', () => {
  it('a value, a promise, another thenable, nothing', async () => {
    const queue = lab.queue();
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    const thenable = { then: (resolve: (value: string) => void) => resolve('thenable') };
    const worker = lab.worker(
      ({ name }): any => ({ value: 1, promise: Promise.resolve([2]), thenable, nothing: undefined })[name],
    );
    const names = ['value', 'promise', 'thenable', 'nothing'];
    const completed = nextFew(worker, 'completed', 4);
    const jobs = await queue.addBulk(names.map((name) => ({ name, data: 0 })));
    await completed;
    const results = await Promise.all(jobs.map(async ({ id }) => (await queue.getJob(id))!.returnvalue));
    expect(results).toEqual([1, [2], 'thenable', null]);
  });

  it('what JSON cannot hold fails the attempt, which is retried as others', async () => {
    const queue = lab.queue();
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const worker = lab.worker(async (job) =>
      job.attemptsMade === 0 ? cycle : job.attemptsMade === 1 ? 1n : 'fine',
    );
    const failed = nextFew(worker, 'failed', 2);
    const completed = next(worker, 'completed');
    await queue.add('a', 0, { attempts: 3 });
    const errors = (await failed).map(([, error]) => error);
    expect(errors.map(({ name }) => name)).toEqual(['NotSerializableError', 'NotSerializableError']);
    expect((await completed)[1]).toBe('fine');
  });
});

describe('what a failed attempt says', () => {
  const failedWith = async (thrown: unknown): Promise<[reason: string | null | undefined, told: unknown]> => {
    const queue = lab.queue();
    const worker = lab.worker(() => Promise.reject(thrown as Error));
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', 0);
    const [, told] = await failed;
    return [(await queue.getJob(id))!.failedReason, told];
  };

  it('is the message of a plain object, which listeners get itself', async () => {
    const thrown = { message: 'card declined', code: 402 };
    const [reason, told] = await failedWith(thrown);
    expect(reason).toBe('card declined');
    expect(told).toBe(thrown);
  });

  it('is no more than that for an object without a message', async () => {
    const thrown = { code: 402 };
    const [reason, told] = await failedWith(thrown);
    expect(reason).toBe('An object was thrown that has no message.');
    expect((told as Error).cause).toBe(thrown);
  });

  it('is the first cause of several that has a message', async () => {
    const error = new AggregateError([
      new Error(''),
      new AggregateError([new Error('ECONNREFUSED')]),
      new Error('b'),
    ]);
    expect(await failedWith(error)).toEqual(['ECONNREFUSED', error]);
  });

  it('is the message of several where they have one', async () => {
    const named = new AggregateError([new Error('a')], 'all of them');
    expect((await failedWith(named))[0]).toBe('all of them');
  });

  it('is nothing where a subclass of a special error was thrown', async () => {
    class LaterError extends DelayedError {
      override name = 'LaterError';
    }
    class AgainError extends WaitingError {
      override name = 'AgainError';
    }
    class NeverError extends UnrecoverableError {
      override name = 'NeverError';
    }
    const queue = lab.queue();
    const worker = lab.worker(async (job) => {
      if (job.attemptsStarted === 1) {
        await job.moveToDelayed(Date.now() + 10);
        throw new LaterError();
      }
      if (job.attemptsStarted === 2) {
        await job.moveToWait();
        throw new AgainError();
      }
      throw new NeverError('never');
    });
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', 0, { attempts: 5 });
    expect((await failed)[1].message).toBe('never');
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 3 });
  });

  it('is how long the pause is, and 0 when there is none', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => Promise.reject(new Error('no')));
    const delays: number[] = [];
    const active: number[] = [];
    worker.on('active', ({ delay }) => active.push(delay));
    worker.on('failed', (job) => delays.push(job!.delay));
    const { id } = await queue.add('a', 0, { attempts: 3, backoff: 30, delay: 10 });
    expect((await queue.getJob(id))!.delay).toBe(10);
    await until(() => delays.length === 3);
    expect([delays, active]).toEqual([
      [30, 30, 0],
      [0, 0, 0],
    ]);
    expect((await queue.getJob(id))!.delay).toBe(0);
  });
});
