import { describe, expect, it } from '@jest/globals';
import { defineSteps, type Job, sleep, UnrecoverableError } from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

const told = async (job: Job): Promise<string[]> =>
  (await job.getSteps()).map(({ name, status, attempts }) => `${name} ${status} ${attempts}`);

/** A trip that cannot be finished unless it is told so. */
function trip(
  runs: string[],
  isBroken: () => boolean = () => true,
  undoHotel: (attempt: number) => void = () => {},
) {
  return defineSteps({
    flight: {
      run: () => {
        runs.push('flight');
        return 'F1';
      },
      compensate: (_job, ctx) => runs.push(`no ${ctx.result('flight')}: ${ctx.failedReason}`),
    },
    insurance: () => void runs.push('insurance'),
    hotel: {
      run: () => {
        runs.push('hotel');
        return 'H1';
      },
      compensate: {
        run: (_job, ctx) => {
          runs.push(`no ${ctx.result('hotel')} ${ctx.attempt}`);
          undoHotel(ctx.attempt);
          return 'refunded';
        },
        attempts: 2,
        backoff: 20,
      },
    },
    pay: {
      run: () => {
        runs.push('pay');
        if (isBroken()) throw new Error('no money');
        return 'paid';
      },
      compensate: () => runs.push('never: it has not completed'),
    },
  });
}

describe('retryDelay', () => {
  it('names the pause of a step by the attempt and the error, or gives up', async () => {
    const asked: [number, string][] = [];
    const worker = lab.worker(
      defineSteps({
        call: {
          run: (_job, ctx) => {
            throw new Error(`no ${ctx.attempt}`);
          },
          attempts: 5,
          retryDelay: (attempt, error) => {
            asked.push([attempt, error.message]);
            return attempt < 3 ? 1 : -1;
          },
        },
      }),
    );
    const failed = nextFew(worker, 'failed', 3);
    await lab.queue().add('a', 0);
    const last = (await failed)[2]![0] as Job;
    expect(asked).toEqual([
      [1, 'no 1'],
      [2, 'no 2'],
      [3, 'no 3'],
    ]);
    expect(last.finishedOn).toBeDefined();
  });

  it('is a function, and stands in place of a backoff', () => {
    const run = (): void => {};
    expect(() => defineSteps({ a: { run, retryDelay: 5 as never } })).toThrow('retryDelay');
    expect(() => defineSteps({ a: { run, retryDelay: () => 5, backoff: 5 } })).toThrow('backoff');
  });
});

describe('compensation', () => {
  it('undoes completed steps when the job fails, the last one first', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(trip(runs));
    const failed = nextFew(worker, 'failed', 2);
    const job = await queue.add('trip', 0, { attempts: 2 });
    const [, [, error]] = (await failed) as [unknown, [Job, Error]];
    expect(error.message).toBe('no money');
    expect(runs).toEqual(['flight', 'insurance', 'hotel', 'pay', 'pay', 'no H1 1', 'no F1: no money']);
    expect(await queue.getJob(job.id)).toMatchObject({ failedReason: 'no money', attemptsStarted: 2 });
    expect(await told(job)).toEqual([
      ...['flight completed 1', 'insurance completed 1', 'hotel completed 1', 'pay failed 2'],
      ...['undo:hotel completed 1', 'undo:flight completed 1'],
    ]);
    expect((await job.getSteps())[4]).toMatchObject({ result: 'refunded' });
  });

  it('starts the job from its first step when it is retried afterwards', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    let isBroken = true;
    const worker = lab.worker(trip(runs, () => isBroken));
    const failed = next(worker, 'failed');
    const job = await queue.add('trip', 0);
    await failed;
    runs.length = 0;
    isBroken = false;
    await Promise.all([next(worker, 'completed'), job.retry()]);
    expect(runs).toEqual(['flight', 'insurance', 'hotel', 'pay']);
    expect(await told(job)).toEqual([
      ...['flight completed 1', 'insurance completed 1', 'hotel completed 1', 'pay completed 1'],
    ]);
  });

  it('is tried again by its own tries, and the reason stays the first', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(
      trip(runs, undefined, (attempt) => {
        if (attempt === 1) throw new Error('hotel is closed');
      }),
    );
    const failed = nextFew(worker, 'failed', 2);
    const job = await queue.add('trip', 0);
    expect((await failed).map(([, { message }]) => message)).toEqual(['hotel is closed', 'no money']);
    expect(runs.slice(4)).toEqual(['no H1 1', 'no H1 2', 'no F1: no money']);
    expect((await queue.getJob(job.id))!.failedReason).toBe('no money');
  });

  it('that fails for good stops there, and goes on there after a retry', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    let isClosed = true;
    const worker = lab.worker(
      trip(runs, undefined, () => {
        if (isClosed) throw new Error('hotel is closed');
      }),
    );
    const failed = nextFew(worker, 'failed', 2);
    const job = await queue.add('trip', 0);
    await failed;
    await until(async () => (await job.getState()) === 'failed');
    expect((await job.getSteps()).at(-1)).toMatchObject({
      ...{ name: 'undo:hotel', status: 'failed', attempts: 2, failedReason: 'hotel is closed' },
    });
    expect((await queue.getJob(job.id))!.failedReason).toBe('no money');
    runs.length = 0;
    isClosed = false;
    await Promise.all([next(worker, 'failed'), job.retry()]);
    expect(runs).toEqual(['no H1 1', 'no F1: no money']);
    expect((await queue.getJob(job.id))!.failedReason).toBe('no money');
  });

  it('goes on in another worker where the first one left it', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const [began, gate] = [new Gate(), new Gate()];
    const steps = (name: string) =>
      defineSteps({
        a: { run: () => 1, compensate: () => runs.push(`${name} undoes a`) },
        b: {
          run: () => 2,
          compensate: async () => {
            runs.push(`${name} undoes b`);
            began.open();
            await gate.passed;
          },
        },
        c: () => {
          throw new Error('c fails');
        },
      });
    const first = lab.worker(steps('first'), {
      lockDuration: 300,
      skipLockRenewal: true,
      skipStalledCheck: true,
    });
    first.on('error', () => {});
    const job = await queue.add('x', 0);
    await began.passed;
    const second = lab.worker(steps('second'), { stalledInterval: 50 });
    await until(() => runs.includes('second undoes b'));
    gate.open();
    await next(second, 'failed');
    expect(runs).toEqual(['first undoes b', 'second undoes b', 'second undoes a']);
    expect((await queue.getJob(job.id))!.failedReason).toBe('c fails');
    await until(() => lab.takeErrors().some(({ message }) => message.includes('lock')));
  });

  it.each([
    ['stalls too often', { maxStalledCount: 0 }, 'job stalled more than allowable limit'],
    ['is started too often', { maxStartedAttempts: 1 }, 'job started more than allowable limit'],
  ])('comes before the end of a job that %s', async (_what, options, reason) => {
    const queue = lab.queue();
    const runs: string[] = [];
    const began = new Gate();
    const steps = (rest: () => unknown) =>
      defineSteps({
        a: { run: () => 1, compensate: () => runs.push('undo a') },
        b: () => sleep(1),
        c: rest,
      });
    const hangs = lab.worker(
      steps(() => {
        began.open();
        return new Promise(() => {});
      }),
      { lockDuration: 200, skipLockRenewal: true, skipStalledCheck: true },
    );
    const job = await queue.add('x', 0);
    await began.passed;
    void hangs;
    const worker = lab.worker(
      steps(() => 'again'),
      { stalledInterval: 50, ...options },
    );
    const [, error] = await next(worker, 'failed');
    expect(error.message).toBe(reason);
    expect(runs).toEqual(['undo a']);
    expect(await told(job)).toEqual([
      ...['a completed 1', 'b completed 1', 'c failed 1', 'undo:a completed 1'],
    ]);
  });

  it('leaves alone what an earlier life of the job has done', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const steps = defineSteps({ a: { run: () => runs.push('a'), compensate: () => runs.push('undo a') } });
    const worker = lab.worker(steps, { maxStartedAttempts: 1 });
    const completed = next(worker, 'completed');
    const job = await queue.add('x', 0);
    await completed;
    const failed = next(worker, 'failed');
    await job.retry('completed');
    expect((await failed)[1].message).toBe('job started more than allowable limit');
    expect(runs).toEqual(['a']);
  });

  it('is handed over between two steps when its worker closes', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const [began, gate] = [new Gate(), new Gate()];
    const steps = (name: string) =>
      defineSteps({
        a: { run: () => 1, compensate: () => runs.push(`${name} undoes a`) },
        b: {
          run: () => 2,
          compensate: async () => {
            runs.push(`${name} undoes b`);
            began.open();
            await gate.passed;
          },
        },
        c: () => {
          throw new Error('c fails');
        },
      });
    const first = lab.worker(steps('first'));
    await queue.add('x', 0);
    await began.passed;
    const closed = first.close();
    gate.open();
    await closed;
    const second = lab.worker(steps('second'));
    const [job, error] = await next(second, 'failed');
    expect([job.failedReason, error.message]).toEqual(['c fails', 'c fails']);
    expect(runs).toEqual(['first undoes b', 'second undoes a']);
  });

  it('follows an UnrecoverableError at once', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(
      trip(runs, () => {
        throw new UnrecoverableError('never');
      }),
    );
    await Promise.all([next(worker, 'failed'), queue.add('trip', 0, { attempts: 5 })]);
    expect(runs.slice(3)).toEqual(['pay', 'no H1 1', 'no F1: never']);
  });
});
