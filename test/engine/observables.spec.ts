import { describe, expect, it } from '@jest/globals';
import { concat, defer, EMPTY, from, interval, map, NEVER, Observable, of, take, throwError } from 'rxjs';
import {
  defineSteps,
  type Job,
  JobTimeoutError,
  next as goTo,
  StepTimeoutError,
  type Worker,
  type WorkerOptions,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';
import { setFields } from '../support/job-fields.js';

const lab = EngineLab.open();

describe('a processor that returns an Observable', () => {
  it('saves what it emits, and completes with the last value', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => interval(15).pipe(take(3)));
    const progress = nextFew(worker, 'progress', 2);
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', 0);
    expect((await progress).map(([, value]) => value)).toEqual([0, 1]);
    expect((await completed)[1]).toBe(2);
    expect(await queue.getJob(id)).toMatchObject({ returnvalue: 2, attemptsMade: 1 });
  });

  it('may resolve to one, and one without a value is null', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async ({ name }) => (name === 'empty' ? EMPTY : of(1, 2)));
    const completed = nextFew(worker, 'completed', 2);
    const jobs = await queue.addBulk([
      { name: 'empty', data: 0 },
      { name: 'two', data: 0 },
    ]);
    await completed;
    const results = await Promise.all(jobs.map(async ({ id }) => (await queue.getJob(id))!.returnvalue));
    expect(results).toEqual([null, 2]);
  });

  it('fails with its error; the next try finds the last value', async () => {
    const queue = lab.queue();
    const seen: unknown[] = [];
    const worker = lab.worker((job) => {
      seen.push(job.returnvalue);
      return job.attemptsMade === 0
        ? concat(
            of('one', 'two'),
            throwError(() => new Error('broken')),
          )
        : of('whole');
    });
    const failed = next(worker, 'failed');
    const completed = next(worker, 'completed');
    await queue.add('a', 0, { attempts: 2 });
    expect((await failed)[1].message).toBe('broken');
    expect((await completed)[1]).toBe('whole');
    expect(seen).toEqual([null, 'two']);
  });

  it('saves in their order, and drops what comes faster than Redis can take it, but for the last', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() =>
      concat(
        from(Array.from({ length: 5000 }, (_, i) => i)),
        throwError(() => new Error('end')),
      ),
    );
    const saved: number[] = [];
    worker.on('progress', (_job, value) => saved.push(value as number));
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', 0);
    await failed;
    expect(saved.length).toBeLessThan(100);
    expect(saved).toEqual(saved.toSorted((a, b) => a - b));
    expect(saved.at(-1)).toBe(4999);
    expect((await queue.getJob(id))!.returnvalue).toBe(4999);
  });

  it('fails on a value that JSON cannot hold', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => of(1n) as Observable<any>);
    const failed = next(worker, 'failed');
    await queue.add('a', 0);
    expect((await failed)[1].code).toBe('NOT_SERIALIZABLE');
  });

  const failed = async (worker: Worker): Promise<unknown> => (await next(worker, 'failed'))[1].message;

  it.each<[string, Partial<WorkerOptions>, (worker: Worker, job: Job) => Promise<unknown>, string]>([
    ['it takes too long', { ttl: 50 }, failed, 'ttl of 50 ms'],
    [
      'the job is cancelled',
      {},
      async (worker, job) => {
        const message = failed(worker);
        worker.cancelJob(job.id, 'stop');
        return message;
      },
      'stop',
    ],
    [
      'the worker closes',
      {},
      async (worker, job) => {
        await worker.close(true);
        return job.getState();
      },
      'waiting',
    ],
    [
      'the lock is lost',
      { lockDuration: 400, lockRenewTime: 50 },
      async (_worker, job) => {
        // As if another run had been granted the job.
        await setFields(lab.client, lab.keys.derived('job', job.id), { token: 'other:9' });
        const errors: Error[] = [];
        await until(() => errors.push(...lab.takeErrors()) > 0);
        return errors[0]!.message;
      },
      'its lock was lost',
    ],
  ])('is unsubscribed when %s', async (_what, options, end, expected) => {
    const queue = lab.queue();
    const [began, gone] = [new Gate(), new Gate()];
    const worker = lab.worker(
      () =>
        new Observable<number>((observer) => {
          observer.next(1);
          began.open();
          return () => gone.open();
        }),
      options,
    );
    const job = await queue.add('a', 0);
    await began.passed;
    expect(await end(worker as unknown as Worker, job)).toContain(expected);
    await gone.passed;
  });
});

describe('a step that returns an Observable', () => {
  it('keeps the last value as its result, and a rerun finds what was emitted last', async () => {
    const queue = lab.queue();
    const seen: unknown[] = [];
    const worker = lab.worker(
      defineSteps({
        load: {
          run: (_job, ctx) => {
            seen.push(ctx.last);
            const start = Number(ctx.last ?? 0);
            return concat(
              from([start + 1, start + 2]),
              ctx.attempt === 1 ? throwError(() => new Error('broken')) : EMPTY,
            );
          },
          attempts: 2,
        },
        use: (_job, ctx) => [ctx.result('load'), ctx.last],
      }),
    );
    const completed = next(worker, 'completed');
    const job = await queue.add('a', 0);
    expect((await completed)[1]).toEqual([4, null]);
    expect(seen).toEqual([undefined, 2]);
    expect((await job.getSteps())[0]).toMatchObject({ result: 4, attempts: 2 });
    expect((await job.getSteps())[0]).not.toHaveProperty('lastEmission');
  });

  it('shows what it has emitted while it runs', async () => {
    const queue = lab.queue();
    lab.worker(defineSteps({ a: () => concat(of('half'), NEVER) }));
    const job = await queue.add('x', 0);
    await until(async () => (await job.getSteps())[0]?.lastEmission === 'half');
    expect((await job.getSteps())[0]).toMatchObject({ status: 'running' });
  });

  it('may say where to go on with its last value', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({ a: () => of('x', goTo('c', 'y')), b: () => 'b', c: (_job, ctx) => ctx.result('a') }),
    );
    const completed = next(worker, 'completed');
    await queue.add('x', 0);
    expect((await completed)[1]).toBe('y');
  });

  it('is unsubscribed when the step takes too long', async () => {
    const queue = lab.queue();
    const gone = new Gate();
    const worker = lab.worker(
      defineSteps({ a: { run: () => new Observable(() => () => gone.open()), timeout: 30 } }),
    );
    const failed = next(worker, 'failed');
    await queue.add('x', 0);
    expect((await failed)[1]).toBeInstanceOf(StepTimeoutError);
    await gone.passed;
  });
});

describe('ttl', () => {
  it('ends a run that takes longer, as a failure that may be tried again', async () => {
    const queue = lab.queue();
    const reasons: unknown[] = [];
    const worker = lab.worker<any, string>(
      (job, _token, signal) =>
        job.attemptsMade > 0
          ? 'in time'
          : new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason))),
      { ttl: { slow: 40 } },
    );
    const failed = next(worker, 'failed');
    const completed = nextFew(worker, 'completed', 1);
    const job = await queue.add('slow', 0, { attempts: 2 });
    const [, error] = await failed;
    expect(error).toBeInstanceOf(JobTimeoutError);
    expect(error.message).toBe(`Job ${job.id} ran longer than the ttl of 40 ms.`);
    expect((await completed)[0]![1]).toBe('in time');
    expect(reasons).toEqual([error]);
  });

  it('leaves jobs of other names alone, and ignores what comes later', async () => {
    const queue = lab.queue();
    const gate = new Gate<string>();
    const worker = lab.worker<any, string>(
      ({ name }) =>
        name === 'slow'
          ? gate.passed
          : defer(() =>
              interval(60).pipe(
                take(1),
                map(() => 'slow too'),
              ),
            ),
      { ttl: { slow: 20 }, concurrency: 2 },
    );
    const failed = next(worker, 'failed');
    const completed = next(worker, 'completed');
    const slow = await queue.add('slow', 0);
    await queue.add('other', 0);
    await failed;
    gate.open('late');
    expect((await completed)[1]).toBe('slow too');
    expect(await queue.getJob(slow.id)).toMatchObject({ attemptsMade: 1, returnvalue: null });
  });

  it('by name is not mistaken for what every object has', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => interval(20).pipe(take(1)), { ttl: { slow: 5 } });
    const completed = next(worker, 'completed');
    await queue.add('toString', 0);
    expect((await completed)[1]).toBe(0);
  });

  it('counts for the whole run of a job with steps, and fails the step that it is at', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(
      defineSteps({
        a: () => void runs.push('a'),
        b: {
          run: (_job, ctx) => {
            runs.push(`b${ctx.attempt}`);
            return ctx.attempt > 1 ? 'in time' : new Promise<string>(() => {});
          },
          attempts: 2,
        },
      }),
      { ttl: 50 },
    );
    const failed = next(worker, 'failed');
    const completed = next(worker, 'completed');
    const job = await queue.add('x', 0);
    expect((await failed)[1]).toBeInstanceOf(JobTimeoutError);
    expect((await completed)[1]).toBe('in time');
    expect(runs).toEqual(['a', 'b1', 'b2']);
    expect((await job.getSteps()).map(({ attempts }) => attempts)).toEqual([1, 2]);
  });

  it.each([0, -1, NaN, { slow: 0 }, null, 'x'])('of %p is refused', (ttl) => {
    expect(() => lab.worker(async () => 1, { ttl: ttl as never, autorun: false })).toThrow('ttl');
  });
});
