import { describe, expect, it } from '@jest/globals';
import {
  defineSteps,
  DelayedError,
  done,
  type EventOf,
  type Job,
  MissingStepResultError,
  next as goTo,
  sleep,
  StepTimeoutError,
  UnknownStepError,
  UnrecoverableError,
  WaitingError,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** Names and statuses of a job's steps. */
const told = async (job: Job): Promise<string[]> =>
  (await job.getSteps()).map(({ name, status, attempts }) => `${name} ${status} ${attempts}`);

describe('steps', () => {
  it('run in their order, each result at hand for later ones; the last is that of the job', async () => {
    const queue = lab.queue<{ price: number }>();
    const worker = lab.worker(
      defineSteps<{ reserve: { price: number }; charge: string; finish: object }>({
        reserve: (job) => ({ price: job.data.price, at: undefined }),
        charge: async (_job, ctx) => `paid ${ctx.result('reserve').price}`,
        finish: (_job, ctx) => ({ ...ctx.results, step: ctx.step, attempt: ctx.attempt }),
      }),
    );
    const completed = next(worker, 'completed');
    const job = await queue.add('order', { price: 7 });
    const [, result] = await completed;
    const expected = { reserve: { price: 7 }, charge: 'paid 7', step: 'finish', attempt: 1 };
    expect(result).toEqual(expected);
    expect(await queue.getJob(job.id)).toMatchObject({
      ...{ returnvalue: expected, attemptsMade: 1, attemptsStarted: 1 },
    });
    expect(await job.getSteps()).toEqual([
      {
        ...{ name: 'reserve', status: 'completed', attempts: 1, result: { price: 7 } },
        ...{ startedOn: expect.any(Number), finishedOn: expect.any(Number) },
      },
      expect.objectContaining({ name: 'charge', status: 'completed', result: 'paid 7' }),
      expect.objectContaining({ name: 'finish', status: 'completed', result: expected }),
    ]);
  });

  it.each([
    ['quick', false],
    ['slow', true],
  ])('notify of their starts and ends in their order, with a %s first step', async (_, isSlow) => {
    const queue = lab.queue();
    const events = await lab.events();
    const seen: string[] = [];
    const gate = new Gate();
    const isOver = new Promise<void>((resolve) => {
      events.all$.subscribe((event) => {
        if (event.event === 'step-started' && event.step === 'one') gate.open();
        if (event.event.startsWith('step-')) {
          const { step, attempt, result } = event as EventOf<'step-completed'>;
          seen.push(`${event.event} ${step} ${attempt} ${result ?? ''}`);
        } else if (event.event === 'completed') {
          seen.push(`completed ${event.returnvalue}`);
          resolve();
        }
      });
    });
    lab.worker(
      defineSteps({ one: () => (isSlow ? gate.passed.then(() => 1) : 1), two: () => 2, three: () => 3 }),
    );
    await queue.add('a', 0);
    await isOver;

    expect(seen).toEqual([
      ...['step-started one 1 ', 'step-completed one 1 1', 'step-started two 1 ', 'step-completed two 1 2'],
      ...['step-started three 1 ', 'step-completed three 1 3', 'completed 3'],
    ]);
  });

  it('hand on what Redis gives back, also in the run that made it', async () => {
    const queue = lab.queue();
    const seen: unknown[] = [];
    const worker = lab.worker(
      defineSteps({
        make: () => ({ at: new Date(0), gone: undefined, list: [] as string[] }),
        read: (_job, ctx) => {
          ctx.result('make').list.push('x');
          seen.push(ctx.result('make'));
        },
        none: () => undefined,
      }),
    );
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', 0);
    expect((await completed)[1]).toBeNull();
    expect(seen).toEqual([{ at: '1970-01-01T00:00:00.000Z', list: [] }]);
    expect((await queue.getJob(id))!.returnvalue).toBeNull();
  });

  it('may be left out, visited again, and ended early', async () => {
    const queue = lab.queue();
    const path: string[] = [];
    const worker = lab.worker(
      defineSteps({
        count: {
          run: (_job, ctx) => {
            path.push(ctx.step);
            const count = Number(ctx.results.count ?? 0) + 1;
            return count < 3 ? goTo('count', count) : goTo('choose', count);
          },
        },
        never: () => path.push('never'),
        choose: (_job, ctx) => {
          path.push(ctx.step);
          return done(ctx.result('count'));
        },
        last: () => path.push('last'),
      }),
    );
    const completed = next(worker, 'completed');
    const job = await queue.add('a', 0);
    expect((await completed)[1]).toBe(3);
    expect(path).toEqual(['count', 'count', 'count', 'choose']);
    expect(await told(job)).toEqual(['count completed 1', 'choose completed 1']);
  });

  it('go on where `next` of the definition says', async () => {
    const queue = lab.queue();
    const path: string[] = [];
    const worker = lab.worker(
      defineSteps({
        a: { run: () => void path.push('a'), next: 'c' },
        b: () => void path.push('b'),
        c: () => void path.push('c'),
      }),
    );
    await Promise.all([next(worker, 'completed'), queue.add('x', 0)]);
    expect(path).toEqual(['a', 'c']);
  });

  it('sleep without a slot, and go on after the one that slept', async () => {
    const queue = lab.queue();
    const starts: Record<string, number> = {};
    const worker = lab.worker(
      defineSteps({
        first: (job) => {
          starts[job.id] = Date.now();
          return job.data === 'sleeps' ? sleep(60, { value: 'slept' }) : 'awake';
        },
        second: (_job, ctx) => ctx.result('first'),
      }),
    );
    const completed = nextFew(worker, 'completed', 2);
    const [sleeper, other] = await queue.addBulk([
      { name: 'a', data: 'sleeps' },
      { name: 'a', data: 'does not' },
    ]);
    const order = (await completed).map(([job, result]) => [job.id, result]);
    expect(order).toEqual([
      [other!.id, 'awake'],
      [sleeper!.id, 'slept'],
    ]);
    expect(await queue.getJob(sleeper!.id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
    expect(Date.now() - starts[sleeper!.id]!).toBeGreaterThanOrEqual(58);
  });

  it('complete after the last one has slept, with its value', async () => {
    const queue = lab.queue();
    let runs = 0;
    const worker = lab.worker(
      defineSteps({
        only: () => {
          runs += 1;
          return sleep(new Date(Date.now() + 30), { value: 'rested' });
        },
      }),
    );
    const completed = next(worker, 'completed');
    const job = await queue.add('a', 0);
    expect((await completed)[1]).toBe('rested');
    expect(runs).toBe(1);
    expect((await job.getSteps())[0]).toMatchObject({ name: 'only', result: 'rested' });
  });

  it('that have completed never run again, whatever fails after them', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(
      defineSteps({
        reserve: () => runs.push('reserve'),
        charge: {
          run: (_job, ctx) => {
            runs.push(`charge ${ctx.attempt}`);
            if (ctx.attempt < 3) throw new Error(`no ${ctx.attempt}`);
            return ctx.result('reserve');
          },
          attempts: 3,
          backoff: 20,
        },
        finish: () => 'finished',
      }),
    );
    const failed = nextFew(worker, 'failed', 2);
    const events = await lab.events();
    const delayed = nextFew(events, 'delayed', 2);
    const completed = next(worker, 'completed');
    const job = await queue.add('a', 0);
    await completed;
    expect((await failed).map(([, error]) => error.message)).toEqual(['no 1', 'no 2']);
    expect(await delayed).toHaveLength(2);
    expect(runs).toEqual(['reserve', 'charge 1', 'charge 2', 'charge 3']);
    expect(await told(job)).toEqual(['reserve completed 1', 'charge completed 3', 'finish completed 1']);
  });

  it('count tries by themselves, with those of the job where they have none of their own', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const fails = (name: string, times: number) => (_job: Job, ctx: { attempt: number }) => {
      runs.push(`${name}${ctx.attempt}`);
      if (ctx.attempt <= times) throw new Error(`${name} fails`);
    };
    const worker = lab.worker(defineSteps({ a: fails('a', 1), b: fails('b', 1), c: fails('c', 9) }));
    await Promise.all([nextFew(worker, 'failed', 4), queue.add('x', 0, { attempts: 2 })]);
    expect(runs).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
    const [job] = await queue.getFailed();
    expect(job).toMatchObject({ failedReason: 'c fails', attemptsMade: 4, attemptsStarted: 4 });
    expect((await job!.getSteps())[2]).toMatchObject({ status: 'failed', failedReason: 'c fails' });
  });

  it('are not tried again after an UnrecoverableError', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        a: {
          run: () => {
            throw new UnrecoverableError('for good');
          },
          attempts: 5,
        },
      }),
    );
    const failed = next(worker, 'failed');
    const job = await queue.add('x', 0);
    expect((await failed)[1].message).toBe('for good');
    expect(await told(job)).toEqual(['a failed 1']);
  });

  it('go on at the one that failed after a retry by hand, its tries counted anew', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    let isBroken = true;
    const worker = lab.worker(
      defineSteps({
        a: () => void runs.push('a'),
        b: {
          run: (_job, ctx) => {
            runs.push(`b${ctx.attempt}`);
            if (isBroken) throw new Error('broken');
          },
          attempts: 2,
        },
      }),
    );
    const failed = nextFew(worker, 'failed', 2);
    const job = await queue.add('x', 0);
    await failed;
    expect(await job.getState()).toBe('failed');
    isBroken = false;
    await Promise.all([next(worker, 'completed'), job.retry()]);
    expect(runs).toEqual(['a', 'b1', 'b2', 'b1']);
  });

  it('all run anew when a completed job is retried', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(
      defineSteps({
        a: () => runs.push('a'),
        b: (_job, ctx) => {
          runs.push(`b after ${Object.keys(ctx.results).join()}`);
          return sleep(1);
        },
      }),
    );
    const first = next(worker, 'completed');
    const job = await queue.add('x', 0);
    await first;
    await Promise.all([next(worker, 'completed'), job.retry('completed')]);
    expect(runs).toEqual(['a', 'b after a', 'a', 'b after a']);
    expect(await told(job)).toEqual(['a completed 1', 'b completed 1']);
  });

  it('that take too long fail, are told to stop, and may be tried again', async () => {
    const queue = lab.queue();
    const aborted: unknown[] = [];
    const worker = lab.worker(
      defineSteps({
        a: {
          run: (_job, ctx) =>
            ctx.attempt > 1
              ? 'in time'
              : new Promise(() =>
                  ctx.signal.addEventListener('abort', () => aborted.push(ctx.signal.reason)),
                ),
          timeout: 30,
          attempts: 2,
        },
      }),
    );
    const failed = next(worker, 'failed');
    const completed = next(worker, 'completed');
    await queue.add('x', 0);
    expect((await failed)[1]).toBeInstanceOf(StepTimeoutError);
    expect((await completed)[1]).toBe('in time');
    expect(aborted).toEqual([expect.any(StepTimeoutError)]);
  });

  it('refuse results that are too large, for good, and those that JSON cannot hold', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        make: {
          run: ({ name }): any => (name === 'large' ? 'x'.repeat(50) : 1n),
          attempts: 2,
        },
        never: () => 'never',
      }),
    );
    const failed = nextFew(worker, 'failed', 3);
    const [large, odd] = await queue.addBulk([
      { name: 'large', data: 0, opts: { sizeLimit: 40 } },
      { name: 'odd', data: 0 },
    ]);
    await failed;
    await until(async () => (await queue.getFailedCount()) === 2);
    expect(await told(large!)).toEqual(['make failed 1']);
    expect((await queue.getJob(large!.id))!.failedReason).toContain('52 bytes');
    expect(await told(odd!)).toEqual(['make failed 2']);
    expect((await queue.getJob(odd!.id))!.failedReason).toContain('step make cannot be stored');
  });

  it('tell what they asked for in vain', async () => {
    const queue = lab.queue();
    const worker = lab.worker(defineSteps({ a: (_job, ctx) => ctx.result('b'), b: () => 1 }));
    const failed = next(worker, 'failed');
    await queue.add('x', 0);
    expect((await failed)[1]).toBeInstanceOf(MissingStepResultError);
  });

  it('are handed over between two of them when their worker closes', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const began = new Gate();
    const runs: string[] = [];
    const steps = (name: string) =>
      defineSteps({
        a: async () => {
          runs.push(`${name} a`);
          began.open();
          await gate.passed;
          return 1;
        },
        b: () => runs.push(`${name} b`),
      });
    const first = lab.worker(steps('first'));
    const job = await queue.add('x', 0);
    await began.passed;
    const closed = first.close();
    gate.open();
    await closed;
    expect(await job.getState()).toBe('waiting');
    expect(runs).toEqual(['first a']);
    const second = lab.worker(steps('second'));
    await next(second, 'completed');
    expect(runs).toEqual(['first a', 'second b']);
    expect(await queue.getJob(job.id)).toMatchObject({ attemptsMade: 1 });
  });

  it('work under another processor too', async () => {
    const queue = lab.queue();
    const steps = defineSteps({ a: () => 1, b: (_job, ctx) => ctx.result('a') });
    const worker = lab.worker<number>(async (job, token, signal) => steps(job, token, signal));
    const completed = next(worker, 'completed');
    const job = await queue.add('x', 0);
    expect((await completed)[1]).toBe(1);
    expect(await told(job)).toEqual(['a completed 1', 'b completed 1']);
  });
});

describe('a step that the running code does not have', () => {
  it('fails the job visibly; it goes on there after a deploy and a retry', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const a = () => {
      runs.push('a');
      return sleep(20);
    };
    const old = lab.worker(defineSteps({ a, b: () => 'b' }));
    const job = await queue.add('x', 0);
    await next(await lab.events(), 'delayed').catch(() => {});
    await old.close();
    const newer = lab.worker(defineSteps({ a, c: () => 'c' }));
    const [failed, error] = await next(newer, 'failed');
    expect(failed.id).toBe(job.id);
    expect(error).toBeInstanceOf(UnknownStepError);
    expect(error.message).toBe("There is no step 'b'. Steps: 'a', 'c'.");
    await newer.close();
    const fixed = lab.worker(defineSteps({ a, c: { run: () => 'renamed', aliases: ['b'] } }));
    const completed = next(fixed, 'completed');
    await job.retry();
    expect((await completed)[1]).toBe('renamed');
    expect(runs).toEqual(['a']);
    expect(await told(job)).toEqual(['a completed 1', 'c completed 1']);
  });

  it('keeps results, tries and place of a step with a new name', async () => {
    const queue = lab.queue();
    const seen: unknown[] = [];
    const broken = () => {
      throw new Error('broken');
    };
    const old = lab.worker(defineSteps({ a: () => 'of a', b: broken }));
    const failed = next(old, 'failed');
    const job = await queue.add('x', 0, { attempts: 5, backoff: 30 });
    await failed;
    await old.close();
    const newer = lab.worker(
      defineSteps({
        first: { run: () => 'again', aliases: ['a'] },
        second: {
          run: (_job, ctx) => {
            seen.push(ctx.attempt, ctx.result('first'), ctx.results);
            return 'done';
          },
          aliases: ['b'],
        },
      }),
    );
    await next(newer, 'completed');
    expect(seen).toEqual([2, 'of a', { first: 'of a' }]);
    expect(await told(job)).toEqual(['a completed 1', 'second completed 2']);
  });

  it('is an error of the step that names it', async () => {
    const queue = lab.queue();
    const worker = lab.worker(defineSteps({ a: () => goTo('nowhere') }));
    const failed = next(worker, 'failed');
    const job = await queue.add('x', 0, { attempts: 3 });
    expect((await failed)[1]).toBeInstanceOf(UnknownStepError);
    expect(await told(job)).toEqual(['a failed 1']);
  });
});

describe('defineSteps', () => {
  const one = (): number => 1;

  it.each([
    ['no step', {}, 'at least one step'],
    ['a name with a colon', { 'a:b': one }, 'colons'],
    ['what is no function', { a: 1 }, 'a function'],
    ['an unknown option', { a: { run: one, retries: 2 } }, 'Known options'],
    ['an attempt less than one', { a: { run: one, attempts: 0 } }, 'at least 1'],
    ['a next step that is not there', { a: { run: one, next: 'b' } }, 'Steps: a'],
    ['an alias that is a step', { a: { run: one, aliases: ['b'] }, b: one }, 'Another step'],
    ['a timeout that is none', { a: { run: one, timeout: 0 } }, 'timeout'],
    ['a compensation that is none', { a: { run: one, compensate: 5 } }, 'compensate'],
  ])('refuses %s', (_what, steps, message) => {
    expect(() => defineSteps(steps as never)).toThrow(message);
  });

  it('refuses an option that is not there by name', () => {
    const options = { compensate: { a: () => undefined } };
    expect(() => defineSteps({ a: () => 1 }, options as never)).toThrow(
      'Invalid defineSteps option compensate',
    );
  });
});

describe('special errors in a step', () => {
  it('leave it unfinished: it runs again, with no try counted', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(
      defineSteps({
        a: () => 'a',
        b: async (job, ctx) => {
          runs.push(`${job.name} ${ctx.attempt}`);
          if (runs.length < 3) {
            if (job.name === 'delays') {
              await job.moveToDelayed(Date.now() + 5, ctx.token);
              throw new DelayedError();
            }
            throw new WaitingError();
          }
          return ctx.result('a');
        },
      }),
    );
    for (const name of ['delays', 'waits']) {
      runs.length = 0;
      const completed = next(worker, 'completed');
      const job = await queue.add(name, 0);
      expect((await completed)[1]).toBe('a');
      expect(runs).toEqual([`${name} 1`, `${name} 1`, `${name} 1`]);
      expect(await told(job)).toEqual(['a completed 1', 'b completed 1']);
      expect(await queue.getJob(job.id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 3 });
    }
  });

  it('are the fault of the step when it has not moved the job before', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        a: () => {
          throw new DelayedError();
        },
      }),
    );
    const failed = next(worker, 'failed');
    const job = await queue.add('x', 0, { attempts: 3 });
    expect((await failed)[1].message).toContain('not moved before');
    expect(await told(job)).toEqual(['a failed 1']);
  });

  it('may be left out after a move: what the step returns is not kept then', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        a: async (job, ctx) => {
          if (job.attemptsStarted === 1) await job.moveToWait(ctx.token);
          return job.attemptsStarted;
        },
      }),
    );
    const completed = next(worker, 'completed');
    await queue.add('x', 0);
    expect((await completed)[1]).toBe(2);
  });
});
