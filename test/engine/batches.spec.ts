import { describe, expect, it } from '@jest/globals';
import {
  Batch,
  type BatchOptions,
  defineSteps,
  InvalidOptionError,
  type Job,
  JobCancelledError,
  LockLostError,
  type Queue,
  UnrecoverableError,
  Worker,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';
import { setFields } from '../support/job-fields.js';

const lab = EngineLab.open();

const addAll = (queue: Queue, names: readonly string[], opts = {}): Promise<Job[]> =>
  queue.addBulk(names.map((name) => ({ name, data: name, opts })));

const namesOf = (jobs: readonly Job[]): string[] => jobs.map(({ name }) => name);

/** Gives the jobs' names of each batch as it starts, and holds it until it is let go. */
function gathering(
  batch: BatchOptions,
  opts: object = {},
): { batches: string[][]; open: () => void; worker: Worker } {
  const batches: string[][] = [];
  let gate = new Gate();
  const worker = lab.batches(
    async (jobs) => {
      batches.push(namesOf(jobs));
      await gate.passed;
    },
    batch,
    { drainDelay: 60, ...opts },
  );
  const open = (): void => {
    gate.open();
    gate = new Gate();
  };
  return { batches, open, worker };
}

describe('a batch', () => {
  it('takes what is there, up to its size, in the order of the queue', async () => {
    const queue = lab.queue();
    await addAll(queue, ['a', 'b', 'c', 'd', 'e']);
    const { batches, open } = gathering({ size: 3 });
    await until(() => batches.length === 1);
    expect(batches).toEqual([['a', 'b', 'c']]);
    expect(await queue.getActiveCount()).toBe(3);
    open();
    await until(() => batches.length === 2);
    expect(batches[1]).toEqual(['d', 'e']);
    await queue.add('f', 0);
    open();
    await until(() => batches.length === 3);
    expect(batches[2]).toEqual(['f']);
    open();
    await until(async () => (await queue.getCompletedCount()) === 6);
  });

  it('is one of `concurrency`, whatever its size', async () => {
    const queue = lab.queue();
    await addAll(queue, [...'abcdefg']);
    const { batches, open } = gathering({ size: 2 }, { concurrency: 2 });
    await until(() => batches.length === 2);
    expect(batches.flat().toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(await queue.getActiveCount()).toBe(4);
    open();
    await until(() => batches.length === 4);
    open();
    await until(async () => (await queue.getCompletedCount()) === 7);
  });

  it('is larger than what a plain worker fetches at once', async () => {
    const queue = lab.queue();
    await addAll(
      queue,
      Array.from({ length: 600 }, (_, i) => `${i}`),
    );
    const { batches, open } = gathering({ size: 500 });
    await until(() => batches.length === 1);
    expect(batches[0]).toHaveLength(500);
    open();
    await until(() => batches.length === 2);
    open();
    await until(async () => (await queue.getCompletedCount()) === 600);
  });
});

describe('minSize', () => {
  it('lets no job start before so many wait', async () => {
    const queue = lab.queue();
    const { batches, open } = gathering({ size: 4, minSize: 3 });
    await addAll(queue, ['a', 'b']);
    await queue.getCompletedCount();
    expect(batches).toEqual([]);
    expect(await queue.getActiveCount()).toBe(0);
    await queue.add('c', 0);
    await until(() => batches.length === 1);
    expect(batches).toEqual([['a', 'b', 'c']]);
    await addAll(queue, ['d', 'e', 'f', 'g', 'h', 'i']);
    open();
    await until(() => batches.length === 2);
    open();
    await until(async () => (await queue.getCompletedCount()) === 7);
    expect(batches[1]).toEqual(['d', 'e', 'f', 'g']);
    expect(await queue.getWaitingCount()).toBe(2);
    await queue.drain();
  });

  it('is waited for no longer than `timeout`', async () => {
    const queue = lab.queue();
    const { batches, open } = gathering({ size: 9, minSize: 5, timeout: 60 });
    const startedAt = performance.now();
    await addAll(queue, ['a', 'b']);
    await until(() => batches.length === 1);
    expect(performance.now() - startedAt).toBeGreaterThan(50);
    expect(batches).toEqual([['a', 'b']]);
    open();
    await addAll(queue, ['c']);
    await until(() => batches.length === 2);
    open();
    await until(async () => (await queue.getCompletedCount()) === 3);
  });

  it('counts those of a named limit, which may make a batch smaller', async () => {
    const queue = lab.queue({ limits: { stripe: { concurrency: 2 } } });
    const { batches, open } = gathering({ size: 4, minSize: 3 });
    await addAll(queue, ['a', 'b', 'c'], { limits: ['stripe'] });
    await until(() => batches.length === 1);
    expect(batches).toEqual([['a', 'b']]);
    await addAll(queue, ['d', 'e'], { limits: ['stripe'] });
    open();
    await until(() => batches.length === 2);
    expect(batches[1]).toEqual(['c', 'd']);
    open();
    await until(async () => (await queue.getCompletedCount()) === 4);
    await queue.drain();
  });
});

describe('batches of groups', () => {
  it('start when so many jobs of any groups may', async () => {
    const queue = lab.queue();
    const { batches, open } = gathering({ size: 4, minSize: 3 }, { group: { concurrency: 2 } });
    await addAll(queue, ['a1', 'a2', 'a3'], { group: { id: 'a' } });
    expect(await queue.getActiveCount()).toBe(0);
    await addAll(queue, ['b1'], { group: { id: 'b' } });
    await until(() => batches.length === 1);
    expect(batches).toEqual([['a1', 'b1', 'a2']]);
    open();
    await until(async () => (await queue.getCompletedCount()) === 3);
    await queue.drain();
  });

  it('have jobs of one group alone with groupAffinity', async () => {
    const queue = lab.queue();
    for (const name of ['a1', 'b1', 'a2', 'b2', 'a3']) {
      await addAll(queue, [name], { group: { id: name[0] } });
    }
    await addAll(queue, ['plain']);
    const { batches, open } = gathering({ size: 2, groupAffinity: true }, { concurrency: 4 });
    await until(() => batches.length === 4);
    expect(batches).toEqual([['plain'], ['a1', 'a2'], ['b1', 'b2'], ['a3']]);
    open();
    await until(async () => (await queue.getCompletedCount()) === 6);
  });

  it('wait for enough of one group, no longer than `timeout`', async () => {
    const queue = lab.queue();
    const { batches, open } = gathering({ size: 3, minSize: 2, timeout: 60, groupAffinity: true });
    await addAll(queue, ['a1', 'a2'], { group: { id: 'a' } });
    await until(() => batches.length === 1);
    await addAll(queue, ['b1'], { group: { id: 'b' } });
    open();
    await until(() => batches.length === 2);
    expect(batches).toEqual([['a1', 'a2'], ['b1']]);
    open();
    await until(async () => (await queue.getCompletedCount()) === 3);
  });
});

describe('the outcome of a batch', () => {
  it('is a result for each where the processor returns an array', async () => {
    const queue = lab.queue();
    const worker = lab.batches<string, string>((batch) => batch.map(({ data }) => data.toUpperCase()), {
      size: 9,
    });
    const completed = nextFew(worker, 'completed', 2);
    const jobs = await addAll(queue, ['a', 'b']);
    expect((await completed).map(([job, result]) => [job.name, result])).toEqual([
      ['a', 'A'],
      ['b', 'B'],
    ]);
    const stored = await Promise.all(jobs.map(({ id }) => queue.getJob(id)));
    expect(stored.map((job) => job?.returnvalue)).toEqual(['A', 'B']);
  });

  it('is that of all, or what was said of one', async () => {
    const queue = lab.queue();
    await addAll(queue, ['a', 'b', 'c']);
    const worker = lab.batches(
      async (batch) => {
        batch.setResult(batch[0]!, 'first');
        batch.setAsFailed(batch[1]!, new UnrecoverableError('no'));
        return 'rest';
      },
      { size: 9 },
    );
    const [completed, failed] = await Promise.all([nextFew(worker, 'completed', 2), next(worker, 'failed')]);
    expect(completed.map(([job, result]) => [job.name, result])).toEqual([
      ['a', 'first'],
      ['c', 'rest'],
    ]);
    expect([failed[0].name, failed[1].message]).toEqual(['b', 'no']);
  });

  it('is a failed attempt of each where it throws, retried by their own options', async () => {
    const queue = lab.queue();
    await queue.addBulk([
      { name: 'a', data: 0, opts: { attempts: 2 } },
      { name: 'b', data: 0 },
      { name: 'c', data: 0, opts: { attempts: 3, backoff: 60_000 } },
    ]);
    const batches: string[][] = [];
    lab.batches(
      async (batch) => {
        batches.push(namesOf(batch));
        if (batches.length === 1) throw new Error('down');
      },
      { size: 9 },
    );
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect(batches).toEqual([['a', 'b', 'c'], ['a']]);
    expect(await queue.getJobCounts('failed', 'delayed')).toEqual({ failed: 1, delayed: 1 });
    const [failed] = await queue.getFailed();
    expect(failed).toMatchObject({ name: 'b', failedReason: 'down', attemptsMade: 1 });
  });

  it('is a failure where an array has another length', async () => {
    const queue = lab.queue();
    await addAll(queue, ['a', 'b'], { attempts: 3 });
    const worker = lab.batches(() => [1], { size: 9 });
    const failed = await nextFew(worker, 'failed', 2);
    expect(failed[0]![1].message).toBe(
      'The processor has returned 1 results for 2 jobs: return one for each, or nothing and use batch.setResult.',
    );
    expect(await queue.getFailedCount()).toBe(2);
  });

  it('gives jobs back in their order, also those of groups', async () => {
    for (const opts of [{}, { group: { id: 'g' } }, { priority: 3 }]) {
      const name = randomQueueName();
      const queue = lab.queue({}, name);
      await queue.addBulk(['a', 'b', 'c', 'd'].map((letter) => ({ name: letter, data: 0, opts })));
      const batches: string[][] = [];
      lab.batches(
        async (batch) => {
          batches.push(namesOf(batch));
          if (batches.length > 1) return;
          batch.setAsFailed(batch[1]!, new UnrecoverableError('never'));
          throw Worker.RateLimitError();
        },
        { size: 9 },
        {},
        name,
      );
      await until(async () => (await queue.getCompletedCount()) === 3);
      expect(batches).toEqual([
        ['a', 'b', 'c', 'd'],
        ['a', 'c', 'd'],
      ]);
    }
  });

  it('gives jobs back that are to wait, and leaves those alone that were moved', async () => {
    const queue = lab.queue();
    await addAll(queue, ['a', 'b']);
    let runs = 0;
    lab.batches(
      async (batch) => {
        runs += 1;
        if (runs === 1) await batch[0]!.moveToDelayed(Date.now() + 60_000);
        if (runs === 1) throw Worker.RateLimitError();
      },
      { size: 9 },
    );
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect(await queue.getJobCounts('delayed', 'failed')).toEqual({ delayed: 1, failed: 0 });
  });
});

describe('a job of a batch', () => {
  it('that is cancelled has its signal aborted and fails; the others complete', async () => {
    const queue = lab.queue();
    const [a] = await addAll(queue, ['a', 'b']);
    const begun = new Gate();
    let reason: unknown;
    const worker = lab.batches(
      async (batch) => {
        begun.open();
        const signal = batch.signalOf(batch[0]!);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        reason = signal.reason;
        expect(batch.signal.aborted).toBe(false);
      },
      { size: 9 },
    );
    await begun.passed;
    const over = Promise.all([next(worker, 'completed'), next(worker, 'failed')]);
    expect(await queue.cancel(a!.id, 'enough')).toBe('cancelling');
    const [[completed], [failed, error]] = await over;
    expect([completed.name, failed.name]).toEqual(['b', 'a']);
    expect(error).toBeInstanceOf(JobCancelledError);
    expect(reason).toBe(error);
  });

  it('that may not start fails before, and is not in it', async () => {
    const queue = lab.queue();
    await queue.add('a', 0);
    const batches: string[][] = [];
    const worker = lab.batches(
      async (batch) => {
        batches.push(namesOf(batch));
        if (batches.length > 1) return;
        await queue.add('b', 0);
        throw Worker.RateLimitError();
      },
      { size: 9 },
      { maxStartedAttempts: 1 },
    );
    const [failed, completed] = await Promise.all([next(worker, 'failed'), next(worker, 'completed')]);
    expect([failed[0].name, failed[1].message]).toEqual(['a', 'job started more than allowable limit']);
    expect(completed[0].name).toBe('b');
    expect(batches).toEqual([['a'], ['b']]);
  });

  it('takes no longer than its ttl', async () => {
    const queue = lab.queue();
    await addAll(queue, ['slow', 'free']);
    const gate = new Gate();
    const worker = lab.batches(
      async (batch) => {
        await new Promise((resolve) => batch.signalOf(batch[0]!).addEventListener('abort', resolve));
        await gate.passed;
      },
      { size: 9 },
      { ttl: { slow: 30 } },
    );
    const [job, error] = await next(worker, 'failed');
    expect([job.name, error.name]).toEqual(['slow', 'JobTimeoutError']);
    expect(await queue.getActiveCount()).toBe(1);
    gate.open();
    await next(worker, 'completed');
  });

  it('whose lock was lost is left to whoever has it', async () => {
    const queue = lab.queue();
    const [a] = await addAll(queue, ['a', 'b']);
    const gate = new Gate();
    const begun = new Gate();
    let isLost = false;
    const worker = lab.batches(
      async (batch) => {
        if (isLost) return;
        batch.signalOf(batch[0]!).addEventListener('abort', () => (isLost = true));
        begun.open();
        await gate.passed;
      },
      { size: 9 },
      { lockDuration: 2000, lockRenewTime: 30, stalledInterval: 60_000 },
    );
    await begun.passed;
    await lab.client.zadd(lab.keys.of('active'), 1, a!.id);
    const other = lab.worker(null, { skipStalledCheck: true });
    await setFields(lab.client, lab.keys.derived('job', a!.id), { token: 'other:1' });
    await until(() => isLost);
    gate.open();
    await next(worker, 'completed');
    expect(lab.takeErrors()[0]).toBeInstanceOf(LockLostError);
    await lab.client.zadd(lab.keys.of('active'), Date.now() + 60_000, a!.id);
    await other.close();
    expect(await queue.getCompletedCount()).toBe(1);
  });

  it('goes back to the queue with the others when the worker closes', async () => {
    const queue = lab.queue();
    await addAll(queue, ['a', 'b', 'c']);
    const begun = new Gate();
    let signal: AbortSignal | undefined;
    const worker = lab.batches(
      (batch) => {
        ({ signal } = batch);
        begun.open();
        return new Promise(() => {});
      },
      { size: 2 },
    );
    await begun.passed;
    await worker.close(true);
    expect(signal!.aborted).toBe(true);
    expect(namesOf(await queue.getWaiting())).toEqual(['a', 'b', 'c']);
  });

  it('of a worker that died is recovered alone', async () => {
    const queue = lab.queue();
    await addAll(queue, ['a', 'b']);
    const dead = lab.batches(
      () => new Promise(() => {}),
      { size: 9 },
      {
        ...{ skipLockRenewal: true, skipStalledCheck: true, lockDuration: 50 },
      },
    );
    await nextFew(dead, 'active', 2);
    const { batches, open } = gathering({ size: 9 }, { stalledInterval: 30 });
    await until(() => batches.flat().length === 2);
    expect(batches.flat()).toEqual(['a', 'b']);
    open();
    await until(async () => (await queue.getCompletedCount()) === 2);
    await dead.close(true);
    lab.takeErrors();
  });
});

describe('batches that cannot be', () => {
  it.each([
    [{}, 'batch.size'],
    [{ size: 0 }, 'batch.size'],
    [{ size: 1001 }, 'batch.size'],
    [{ size: 2.5 }, 'batch.size'],
    [{ size: 5, minSize: 6 }, 'batch.minSize'],
    [{ size: 5, minSize: 0 }, 'batch.minSize'],
    [{ size: 5, timeout: 100 }, 'batch.timeout'],
    [{ size: 5, minSize: 2, timeout: 0 }, 'batch.timeout'],
    [{ size: 5, groupAffinity: 1 }, 'batch.groupAffinity'],
    [{ size: 5, sise: 5 }, 'batch.sise'],
    [5, 'batch'],
  ])('are refused by name: %p', (batch, name) => {
    expect(() => lab.batches(() => {}, batch as BatchOptions)).toThrow(InvalidOptionError);
    expect(() => lab.batches(() => {}, batch as BatchOptions)).toThrow(name);
  });

  it('are refused with manual fetch, and with steps', async () => {
    expect(() => lab.batches(null as never, { size: 5 })).toThrow('fetched by hand');
    expect(() => lab.batches(defineSteps({ one: () => 1 }) as never, { size: 5 })).toThrow('with steps');
    const worker = lab.batches(() => {}, { size: 5 }, { autorun: false });
    await expect(worker.getNextJob('mine')).rejects.toThrow('one by one');
  });

  it('are not of another batch', async () => {
    const queue = lab.queue();
    await queue.add('a', 0);
    const worker = lab.batches((batch) => batch.setAsFailed({ id: '77' } as Job, new Error('no')), {
      size: 5,
    });
    const [, error] = await next(worker, 'failed');
    expect(error).toBeInstanceOf(InvalidOptionError);
  });
});

describe('Batch', () => {
  it('is an array whose derivations are ordinary ones', async () => {
    const queue = lab.queue();
    await addAll(queue, ['a', 'b']);
    const seen = new Promise<Batch>((resolve) => {
      lab.batches((batch) => resolve(batch), { size: 5 });
    });
    const batch = await seen;
    expect(batch).toBeInstanceOf(Batch);
    expect(batch).toHaveLength(2);
    expect(batch.filter(() => true)).not.toBeInstanceOf(Batch);
    expect(batch.getBatch()).toEqual([...batch]);
    await until(async () => (await queue.getCompletedCount()) === 2);
  });
});
