import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { of } from 'rxjs';
import { defineSteps, done, next as goTo, Queue, sleep, waitForChildren, Worker } from '../../lib/engine.js';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { EngineLab, next, nextFew, until } from '../support/engine-lab.js';
import { fasterRuntime } from '../support/faster-runtime.js';
import { randomPrefix } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

const lab = EngineLab.open();

function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? [value] : { in: value };
  return value;
}

const PAYLOADS: [string, unknown][] = [
  ['an empty list', []],
  ['an empty object', {}],
  ['null', null],
  ['nested empties', { a: [], b: {}, c: [[], {}], d: '' }],
  ['numbers over 2^53', { n: [2 ** 53, 2 ** 53 + 2, -(2 ** 60), 1e300, 5e-324, 0.1 + 0.2] }],
  ['lone surrogates', { '\ud800': '\udc00', s: 'a\ud83d' }],
  ['NUL and control characters', { s: '\0\u0001\t\n\r\u2028\u2029\u007f' }],
  ['depth 2,000', nested(2000)],
  ['a text of 1 MB', 'é'.repeat(500_000)],
  ['__proto__ as a key', JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":1}}')],
  ['a list with many values', Array.from({ length: 20_000 }, (_, i) => i)],
  ['texts that look like ours', 'a\n{}\n[]\tb\n\n'],
  ['false', false],
  ['0', 0],
  ['an empty text', ''],
];

describe('payloads come back byte for byte', () => {
  it.each(PAYLOADS)('%s', async (_kind, payload) => {
    const json = JSON.stringify(payload);
    const queue = lab.queue();
    const seen: string[] = [];
    const worker = lab.worker(async (job) => {
      seen.push(JSON.stringify(job.data));
      await job.updateProgress(payload as object);
      await job.updateData(payload);
      if (job.attemptsMade === 0) throw new Error(json);
      return payload;
    });
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', payload, { attempts: 2 });
    expect(JSON.stringify((await queue.getJob(id))!.data)).toBe(json);
    await completed;
    expect(seen).toEqual([json, json]);
    const job = (await queue.getJob(id))!;
    expect([job.data, job.returnvalue, job.progress].map((value) => JSON.stringify(value))).toEqual([
      json,
      json,
      json,
    ]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each(PAYLOADS)('in an error: %s', async (_kind, payload) => {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const queue = lab.queue();
    const worker = lab.worker(async () => {
      throw new Error(text);
    });
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', 0);
    await failed;
    expect((await queue.getJob(id))!.failedReason === text).toBe(true);
  });

  it('so do events with them', async () => {
    const queue = lab.queue();
    const small = PAYLOADS.filter(([, payload]) => JSON.stringify(payload).length < 60_000);
    const events = await lab.events();
    const completed = nextFew(events, 'completed', small.length);
    lab.worker(async ({ data }) => data);
    await queue.addBulk(small.map(([, data]) => ({ name: 'a', data })));
    expect((await completed).map(([{ returnvalue }]) => JSON.stringify(returnvalue))).toEqual(
      small.map(([, data]) => JSON.stringify(data)),
    );
  });
});

describe('ids and names', () => {
  it.each([
    'a:b:c',
    '🦊',
    'ünï cödé',
    '{x}',
    '*',
    '../..',
    '-',
    'a b',
    '1.5',
    '0x1',
    '__proto__',
    'x'.repeat(256),
  ])('%s may name a job', async (jobId) => {
    const queue = lab.queue();
    const events = await lab.events();
    const worker = lab.worker(async (job) => {
      await job.log(job.id);
      return job.id;
    });
    const [completed, told] = [next(worker, 'completed'), next(events, 'completed')];
    await queue.add(jobId, 0, { jobId });
    expect((await completed)[1]).toBe(jobId);
    expect((await told)[0]).toEqual({ jobId, returnvalue: jobId, prev: 'active' });
    expect(await queue.getJob(jobId)).toMatchObject({ id: jobId, name: jobId });
    expect((await queue.getJobLogs(jobId)).logs).toEqual([jobId]);
    expect(await queue.remove(jobId)).toBe(1);
  });

  it('a queue may have any name that breaks no key', async () => {
    for (const name of ['ünï', '🦊 box', 'a/b', '[x]?*', "it's"]) {
      const queue = lab.queue({}, name);
      const worker = lab.worker(async () => name, {}, name);
      const completed = next(worker, 'completed');
      await queue.add('a', 0);
      expect((await completed)[1]).toBe(name);
    }
  });
});

describe('what JSON would keep nothing of is refused', () => {
  const EMPTIED: [string, unknown][] = [
    ['function', () => 1],
    ['symbol', Symbol('s')],
    ['Map', new Map([[1, 2]])],
    ['Set', new Set([1])],
    ['Error', new Error('lost')],
    ['RegExp', /x/],
    ['ArrayBuffer', new ArrayBuffer(8)],
    ['Generator', [].values()],
  ];

  it.each(EMPTIED.slice(0, -1))('a %s, wherever it is given', async (kind, value) => {
    const queue = lab.queue();
    const refusal = { code: 'NOT_SERIALIZABLE', message: expect.stringContaining(`a ${kind}`) };
    await expect(queue.add('a', value)).rejects.toMatchObject(refusal);
    const worker = lab.worker(async () => value);
    const failed = next(worker, 'failed');
    const job = await queue.add('a', {});
    await expect(job.updateProgress(value as object)).rejects.toMatchObject(refusal);
    await expect(job.updateData(value)).rejects.toMatchObject(refusal);
    expect((await failed)[1]).toMatchObject(refusal);
  });

  it("and so does a step; objects of a class of one's own, and with nothing in them, are taken", async () => {
    class Mail {
      to = undefined;
    }
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        mail: () => new Mail(),
        bare: () => Object.create(null) as object,
        map: () => new Map(),
      }),
    );
    const failed = next(worker, 'failed');
    const job = await queue.add('a', {});
    expect((await failed)[1]).toMatchObject({ code: 'NOT_SERIALIZABLE' });
    expect((await job.getSteps()).map(({ status }) => status)).toEqual(['completed', 'completed', 'failed']);
  });
});

describe('an outcome outside of steps fails the job for good', () => {
  it.each<[string, () => unknown]>([
    ['sleep', () => sleep(60_000)],
    ['done', () => done(1)],
    ['next', () => goTo('there')],
    ['an emitted one', () => of(waitForChildren())],
    ['a nested step', () => defineSteps({ only: { run: () => done(sleep(5)) } })],
  ])('%s', async (_kind, outcome) => {
    const queue = lab.queue();
    const made = outcome();
    const worker = lab.worker(typeof made === 'function' ? (made as () => unknown) : async () => made);
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', {}, { attempts: 3 });
    const [job, error] = await failed;
    expect(error).toMatchObject({ code: 'MISPLACED_OUTCOME', name: 'MisplacedOutcomeError' });
    expect([job?.id, job?.finishedOn]).toEqual([id, expect.any(Number)]);
  });

  it('returned by what undoes a step, too', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        pay: { run: () => 1, compensate: () => sleep(1000) },
        ship: () => Promise.reject(new Error('no ship')),
      }),
    );
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', {});
    await failed;
    const steps = await (await queue.getJob(id))!.getSteps();
    expect(steps.at(-1)).toMatchObject({ name: 'undo:pay', status: 'failed' });
    expect(steps.at(-1)?.failedReason).toContain('is an outcome');
  });
});

describe('errors carry neither payloads nor passwords', () => {
  const CANARY = 'canary-7d1f9c';

  /** Everything that a log could show of an error. */
  function shown(error: unknown): string {
    return `${inspect(error, { depth: 20, showHidden: true })} ${JSON.stringify(error)} ${String((error as Error).stack)}`;
  }

  it('when Redis refuses a call', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => CANARY, { autorun: false });
    await queue.add('a', { secret: CANARY });
    const job = (await queue.getJobs())[0]!;
    await lab.client.set(lab.keys.of('events'), 'not a stream');
    const errors = await Promise.all(
      [
        queue.add('a', { secret: CANARY }),
        queue.addBulk([{ name: 'a', data: CANARY }]),
        job.updateData({ secret: CANARY }),
        job.updateProgress(CANARY),
        job.log(CANARY),
      ].map((call: Promise<unknown>) =>
        call.then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    );
    void worker.run();
    await until(() => lab.takeErrors().some((error) => errors.push(error) > 0));
    const refused = errors.filter((error) => error !== undefined);
    expect(refused.length).toBeGreaterThan(2);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'REDIS_REPLY' });
      expect(shown(error)).not.toContain(CANARY);
    }
    await worker.close(true);
    lab.takeErrors();
    await lab.client.unlink(lab.keys.of('events'));
  });

  it('when the input is bad', async () => {
    const queue = lab.queue();
    const cycle: Record<string, unknown> = { secret: CANARY };
    cycle.self = cycle;
    for (const call of [
      queue.add('a', cycle),
      queue.add('a', { big: 1n, secret: CANARY }),
      queue.add('a', CANARY, { sizeLimit: 1 }),
    ]) {
      const error = await call.catch((thrown: unknown) => thrown);
      expect(shown(error)).not.toContain(CANARY);
    }
  });

  it('when the password or the address is wrong', async () => {
    const { port } = new URL(testRedisUrl());
    const errors: unknown[] = [];
    const refusals: string[] = [];
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const url of [
      `redis://nobody:${CANARY}@127.0.0.1:${port}`,
      `redis://${CANARY}:${CANARY}@127.0.0.1:1`,
    ]) {
      const connection = { url };
      bindRuntime(connection, fasterRuntime(4));
      const queue = new Queue('q', { connection, prefix: randomPrefix() });
      queue.on('error', (error) => errors.push(error));
      const worker = new Worker('q', async () => 1, { connection, prefix: randomPrefix() });
      worker.on('error', (error) => errors.push(error));
      const call = queue.add('a', CANARY).catch((error: unknown) => errors.push(error));
      await until(() => errors.length > 0);
      await Promise.all([queue.close(), worker.close(true)]);
      await call;
    }
    for (const connection of [
      `redis://:${CANARY}@host:port`,
      `://${CANARY}`,
      `http://x:${CANARY}@y`,
      `redis://:${CANARY}@h:1/db`,
    ]) {
      try {
        const queue = new Queue('q', { connection });
        queue.on('error', () => {});
        await queue.close();
        errors.push(new Error(`accepted ${connection.replace(CANARY, '')}`));
      } catch (error) {
        errors.push(error);
        refusals.push((error as Error).name);
      }
    }
    for (const error of [...errors, ...warn.mock.calls]) expect(shown(error)).not.toContain(CANARY);
    warn.mockRestore();
    expect(refusals).toEqual(Array.from({ length: 4 }, () => 'InvalidOptionError'));
    expect(errors.map((error) => (error as Error).message).join('\n')).not.toContain('accepted');
  });
});

it('what is too large is refused before anything is sent, and the next job goes on', async () => {
  const queue = lab.queue();
  const large = 'x'.repeat(17 * 1024 * 1024);
  const names: string[] = [];
  const refused = async (call: Promise<unknown>): Promise<void> =>
    void names.push(await call.then(String, ({ name }: Error) => name));
  const worker = lab.worker(async (job) => {
    if (job.name === 'throw') throw new Error(large);
    if (job.name === 'next') return 1;
    await refused(job.updateProgress(large));
    await refused(job.log(large));
    await refused(job.updateData(large));
    return large;
  });
  await refused(queue.add('a', large));
  const ended = nextFew(worker, 'failed', 2);
  const completed = nextFew(worker, 'completed', 1);
  const [result, thrown] = await queue.addBulk(['a', 'throw', 'next'].map((name) => ({ name, data: 0 })));
  await Promise.all([ended, completed]);
  expect(names).toEqual(Array.from({ length: 4 }, () => 'ValueTooLargeError'));
  expect((await queue.getJob(result!.id))!.failedReason).toContain('The result has 17825794 bytes');
  expect((await queue.getJob(thrown!.id))!.failedReason).toHaveLength(1024 * 1024);
});
