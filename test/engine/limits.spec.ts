import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionError,
  type Job,
  LimitNotFoundError,
  type Queue,
  UnknownLimitError,
  Worker,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** A worker whose jobs run until they are let go, by name. */
function holding(opts: object = {}): {
  worker: Worker;
  running: string[];
  most: () => number;
  end: (name: string) => void;
} {
  const gates = new Map<string, Gate>();
  const running: string[] = [];
  let most = 0;
  const worker = lab.worker(
    async ({ name }: Job) => {
      running.push(name);
      most = Math.max(most, running.length);
      const gate = new Gate();
      gates.set(name, gate);
      await gate.passed;
      running.splice(running.indexOf(name), 1);
    },
    { concurrency: 10, drainDelay: 60, ...opts },
  );
  return { worker, running, most: () => most, end: (name) => gates.get(name)!.open() };
}

const addAll = (queue: Queue, names: string[], opts = {}): Promise<Job[]> =>
  queue.addBulk(names.map((name) => ({ name, data: 0, opts })));

describe('global concurrency', () => {
  it('holds over all workers, and a change is seen at once by idle ones', async () => {
    const queue = lab.queue();
    await queue.setGlobalConcurrency(2);
    expect(await queue.getGlobalConcurrency()).toBe(2);
    const [one, two] = [holding(), holding()];
    const running = (): string[] => [...one.running, ...two.running].toSorted();
    await addAll(queue, ['a', 'b', 'c', 'd', 'e']);
    await until(() => running().length === 2);
    expect(await queue.isMaxed()).toBe(true);
    await queue.setGlobalConcurrency(3);
    await until(() => running().length === 3);
    await queue.removeGlobalConcurrency();
    await until(() => running().length === 5);
    expect(await queue.getGlobalConcurrency()).toBeNull();
    expect(await queue.isMaxed()).toBe(false);
    [one, two].forEach(({ running: own, end }) => own.slice().forEach(end));
    await until(async () => (await queue.getCompletedCount()) === 5);
  });

  it('says drained once, when nothing waits any more', async () => {
    const queue = lab.queue();
    await queue.setGlobalConcurrency(1);
    const worker = lab.worker(async () => {}, { concurrency: 5, autorun: false });
    let drained = 0;
    worker.on('drained', () => (drained += 1));
    const completed = nextFew(worker, 'completed', 4);
    await addAll(queue, ['a', 'b', 'c', 'd']);
    void worker.run();
    await completed;
    await until(() => drained > 0);
    expect(drained).toBe(1);
  });

  it.each([0, -1, 1.5, NaN, '2'])('refuses %p before anything is written', async (concurrency) => {
    const queue = lab.queue();
    await expect(queue.setGlobalConcurrency(concurrency as number)).rejects.toThrow(InvalidOptionError);
    expect(await lab.dump()).toEqual({});
  });
});

describe('rate limits', () => {
  it('of the queue are set, read, lifted', async () => {
    const queue = lab.queue();
    await queue.setGlobalRateLimit(2, 60_000);
    expect(await queue.getGlobalRateLimit()).toEqual({ max: 2, duration: 60_000 });
    const worker = lab.worker(async () => {}, { concurrency: 5, drainDelay: 60 });
    const two = nextFew(worker, 'completed', 2);
    await addAll(queue, ['a', 'b', 'c', 'd', 'e']);
    await two;
    expect(await queue.getRateLimitTtl()).toBeGreaterThan(50_000);
    expect(await queue.getRateLimitTtl(3)).toBe(0);
    expect(await queue.getWaitingCount()).toBe(3);
    const rest = nextFew(worker, 'completed', 3);
    await queue.removeGlobalRateLimit();
    await rest;
    expect(await queue.getGlobalRateLimit()).toBeNull();
  });

  it('lifted by hand let waiting jobs start at once', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => {}, { limiter: { max: 1, duration: 60_000 }, drainDelay: 60 });
    const first = next(worker, 'completed');
    await addAll(queue, ['a', 'b']);
    await first;
    const second = next(worker, 'completed');
    expect(await queue.removeRateLimitKey()).toBe(1);
    await second;
  });

  it('set by a job put it back in front, and count no attempt', async () => {
    const queue = lab.queue();
    let limited = false;
    const worker = lab.worker(async () => {
      if (!limited) {
        limited = true;
        await queue.rateLimit(300);
        throw Worker.RateLimitError();
      }
    });
    const completed = nextFew(worker, 'completed', 2);
    const from = performance.now();
    await addAll(queue, ['a', 'b']);
    const jobs = (await completed).map(([job]) => job as Job);
    expect(performance.now() - from).toBeGreaterThan(250);
    expect(
      jobs.map(({ name, attemptsMade, attemptsStarted }) => [name, attemptsMade, attemptsStarted]),
    ).toEqual([
      ['a', 1, 2],
      ['b', 1, 1],
    ]);
  });

  it.each([
    [0, 1000],
    [2, 0],
    [1.5, 1000],
    [2, undefined],
  ])('refuse %p in %p', async (max, duration) => {
    await expect(lab.queue().setGlobalRateLimit(max, duration as number)).rejects.toThrow(InvalidOptionError);
  });
});

describe('limits that jobs name', () => {
  it('of its options are there for what is asked of the queue first', async () => {
    const limits = { a: { concurrency: 1 }, b: { concurrency: 1 }, c: { concurrency: 1 } };
    const queue = lab.queue({ limits });
    expect(await queue.pauseLimit('c')).toBe(true);
    const changed = lab.queue({ limits });
    await changed.setLimit('c', { concurrency: 7 });
    expect(await changed.getLimit('c')).toMatchObject({ concurrency: 7, isPaused: true });
    expect(await lab.queue({ limits }).removeLimit('c')).toBe(true);
    expect((await queue.getLimits()).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('are set by the queue, hold over all workers, keep the order and hold nobody else up', async () => {
    const queue = lab.queue({ limits: { stripe: { concurrency: 2 } } });
    const [one, two] = [holding(), holding()];
    const running = (): string[] => [...one.running, ...two.running].toSorted();
    await addAll(queue, ['a', 'b', 'c', 'd'], { limits: ['stripe'] });
    await addAll(queue, ['plain']);
    await until(() => running().length === 3);
    expect(running()).toEqual(['a', 'b', 'plain']);
    expect(await queue.getLimit('stripe')).toEqual({
      ...{ name: 'stripe', concurrency: 2, isDefined: true, isPaused: false },
      ...{ active: 2, waiting: 2, started: 0, windowMs: 0 },
    });
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['c', 'd']);
    [one, two].find(({ running: own }) => own.includes('a'))!.end('a');
    await until(() => running().join() === 'b,c,plain');
    await queue.setLimit('stripe', { concurrency: 3 });
    await until(() => running().join() === 'b,c,d,plain');
    [one, two].forEach(({ running: own, end }) => own.slice().forEach(end));
    await until(async () => (await queue.getCompletedCount()) === 5);
  });

  it('start so many in a window, and go on when it ends', async () => {
    const queue = lab.queue({ limits: { mail: { max: 2, duration: 200 } } });
    const worker = lab.worker(async () => {}, { concurrency: 10, drainDelay: 60 });
    const completed = nextFew(worker, 'completed', 5);
    await addAll(queue, ['a', 'b', 'c', 'd', 'e'], { limits: ['mail'] });
    await completed;
    // By Redis' clock, which windows go by.
    const starts = (await queue.getCompleted())
      .map(({ processedOn }) => processedOn!)
      .toSorted((a, b) => a - b);
    expect(starts[2]! - starts[0]!).toBeGreaterThanOrEqual(200);
    expect(starts[4]! - starts[2]!).toBeGreaterThanOrEqual(200);
  });

  it('can be paused, resumed and removed while jobs wait', async () => {
    const queue = lab.queue();
    await queue.setLimit('stripe', { concurrency: 1 });
    expect(await queue.pauseLimit('stripe')).toBe(true);
    expect(await queue.pauseLimit('stripe')).toBe(false);
    const { running, end } = holding();
    await addAll(queue, ['a', 'b', 'c'], { limits: ['stripe'] });
    await addAll(queue, ['plain']);
    await until(() => running.length === 1);
    expect(await queue.getLimit('stripe')).toMatchObject({ isPaused: true });
    expect(await queue.resumeLimit('stripe')).toBe(true);
    await until(() => running.join() === 'plain,a');
    expect(await queue.removeLimit('stripe')).toBe(true);
    expect(await queue.removeLimit('stripe')).toBe(false);
    await until(() => running.join() === 'plain,a,b,c');
    running.slice().forEach(end);
    await until(async () => (await queue.getCompletedCount()) === 4);
    expect(await queue.getLimits()).toEqual([]);
    await expect(queue.pauseLimit('stripe')).rejects.toThrow(LimitNotFoundError);
  });

  it('are found by the data of a job', async () => {
    const queue = lab.queue({
      limits: { eu: { concurrency: 1 } },
      limitsOf: ({ region }) => (region === 'eu' ? ['eu'] : undefined),
    });
    const { running, end } = holding();
    await queue.add('a', { region: 'eu' });
    await queue.add('b', { region: 'eu' });
    await queue.add('c', { region: 'us' });
    await until(() => running.length === 2);
    expect(running.toSorted()).toEqual(['a', 'c']);
    end('a');
    await until(() => running.includes('b'));
    ['b', 'c'].forEach(end);
    await until(async () => (await queue.getCompletedCount()) === 3);
  });

  it('of a queue that was obliterated are there again with the next add', async () => {
    const queue = lab.queue({ limits: { stripe: { concurrency: 1 }, mail: { concurrency: 7 } } });
    await queue.add('a', 0, { limits: ['stripe'] });
    await queue.obliterate();
    const added = await Promise.all(['b', 'c'].map((name) => queue.add(name, 0, { limits: ['stripe'] })));
    expect(added.map(({ name }) => name)).toEqual(['b', 'c']);
    expect(await queue.getLimit('mail')).toMatchObject({ concurrency: 7 });
    await expect(queue.add('d', 0, { limits: ['nobody'] })).rejects.toThrow(UnknownLimitError);
    const { running, end } = holding();
    await until(() => running.length === 1);
    end('b');
    await until(() => running.includes('c'));
    end('c');
  });

  it('that nobody has defined refuse the job, or have it wait', async () => {
    const queue = lab.queue();
    await expect(queue.add('a', 0, { limits: ['nobody'] })).rejects.toThrow(UnknownLimitError);
    expect(await queue.getJobCountByTypes('waiting')).toBe(0);
    const { running, end } = holding();
    await queue.add('b', 0, { limits: ['later'], awaitLimits: true });
    await until(async () => (await queue.getLimit('later'))?.waiting === 1);
    expect(await queue.getLimit('later')).toMatchObject({ isDefined: false });
    await queue.setLimit('later', { concurrency: 1 });
    await until(() => running.includes('b'));
    end('b');
    await until(async () => (await queue.getCompletedCount()) === 1);
  });

  it.each([
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: -1 }, 'concurrency'],
    [{ concurrency: 1.5 }, 'concurrency'],
    [{}, 'concurrency'],
    [{ max: 5 }, 'duration'],
    [{ max: 0, duration: 5 }, 'max'],
    [{ most: 5 }, 'most'],
  ])('refuse %p', async (limit, named) => {
    const queue = lab.queue();
    await expect(queue.setLimit('stripe', limit as never)).rejects.toThrow(named);
    expect(() => lab.queue({ limits: { stripe: limit as never } })).toThrow(InvalidOptionError);
    expect(await lab.dump()).toEqual({});
  });

  it.each([[['a,b']], [['']], ['stripe'], [['a', 'a']], [[1]]])('refuse the names %p', async (limits) => {
    await expect(lab.queue().add('a', 0, { limits: limits as never })).rejects.toThrow(InvalidOptionError);
  });
});
