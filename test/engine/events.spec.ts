import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError, type QueueEvents } from '../../lib/engine.js';
import { EngineLab, next, nextFew, until } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';

const lab = EngineLab.open();

const NAMES = [
  'added',
  'waiting',
  'delayed',
  'active',
  'progress',
  'completed',
  'failed',
  'retries-exhausted',
  'stalled',
  'removed',
  'duplicated',
  'cleaned',
  'drained',
  'paused',
  'resumed',
] as const;

/** Everything told from now on: name, fields, id. */
function record(events: QueueEvents): [name: string, fields: any, id: string][] {
  const told: [string, any, string][] = [];
  for (const name of NAMES) {
    if (name === 'drained') events.on(name, (id) => told.push([name, undefined, id]));
    else events.on(name as string, (fields, id) => told.push([name, fields, id]));
  }
  return told;
}

const summary = (told: [string, any, string][]): unknown[] =>
  told.map(([name, fields]) => (fields ? [name, fields] : [name]));

describe('queue events', () => {
  it('tell the life of a job, each with its fields', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const told = record(events);
    const worker = lab.worker(async (job) => {
      await job.updateProgress({ half: true });
      if (job.attemptsMade === 0) throw new Error('first');
      return [1, 2];
    });
    const drained = next(events, 'drained');
    const { id } = await queue.add('work', 0, { attempts: 2, backoff: 20 });
    await drained;
    const progress = ['progress', { jobId: id, data: { half: true } }];
    expect(summary(told)).toEqual([
      ['added', { jobId: id, name: 'work' }],
      ['waiting', { jobId: id }],
      ['active', { jobId: id, prev: 'waiting' }],
      progress,
      ['delayed', { jobId: id, delay: expect.any(Number) }],
      ['waiting', { jobId: id, prev: 'delayed' }],
      ['active', { jobId: id, prev: 'waiting' }],
      progress,
      ['completed', { jobId: id, returnvalue: [1, 2], prev: 'active' }],
      ['drained'],
    ]);
    await worker.close();
  });

  it('tell failures, removals and what is done to the queue', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const told = record(events);
    const worker = lab.worker(async () => {
      throw new Error('boo');
    });
    const drained = next(events, 'drained');
    await queue.add('x', 0, { jobId: 'mine:1' });
    await drained;
    await queue.add('x', 0, { jobId: 'mine:1' });
    await worker.close();
    await queue.pause();
    await queue.add('d', 0, { delay: 50_000 });
    await queue.remove('mine:1');
    const cleaned = next(events, 'resumed');
    await queue.clean(0, 0, 'delayed');
    await queue.resume();
    await cleaned;
    expect(summary(told)).toEqual([
      ['added', { jobId: 'mine:1', name: 'x' }],
      ['waiting', { jobId: 'mine:1' }],
      ['active', { jobId: 'mine:1', prev: 'waiting' }],
      ['failed', { jobId: 'mine:1', failedReason: 'boo', prev: 'active' }],
      ['retries-exhausted', { jobId: 'mine:1', attemptsMade: '1' }],
      ['drained'],
      ['duplicated', { jobId: 'mine:1' }],
      ['paused', {}],
      ['added', { jobId: '1', name: 'd' }],
      ['delayed', { jobId: '1', delay: expect.any(Number) }],
      ['removed', { jobId: 'mine:1', prev: 'failed' }],
      ['removed', { jobId: '1', prev: 'delayed' }],
      ['cleaned', { count: '1' }],
      ['resumed', {}],
    ]);
  });

  it('come by job too', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const told: unknown[] = [];
    events.on('completed:b', (fields: unknown) => told.push(fields));
    lab.worker(async () => 1);
    const completed = nextFew(events, 'completed', 3);
    await queue.addBulk(['a', 'b', 'c'].map((jobId) => ({ name: 'n', data: 0, opts: { jobId } })));
    await completed;
    expect(told).toEqual([{ jobId: 'b', returnvalue: 1, prev: 'active' }]);
  });

  it('go on after any event that was seen, within an entry too, without a gap or a repeat', async () => {
    const queue = lab.queue();
    const first = await lab.events();
    const told = record(first);
    await queue.addBulk(Array.from({ length: 20 }, (_, n) => ({ name: `n${n}`, data: 0 })));
    await queue.add('last', 0);
    await until(() => told.length === 42);
    const ids = told.map(([, , id]) => id);
    expect(new Set(ids).size).toBe(42);
    for (const at of [0, 7, 39, 40, 41]) {
      const events = await lab.events({ lastEventId: ids[at]!, autorun: false });
      const rest = record(events);
      void events.run();
      await until(() => rest.length === 41 - at);
      expect(rest).toEqual(told.slice(at + 1));
      await events.close();
    }
    const all = await lab.events({ lastEventId: '0', autorun: false });
    const everything = record(all);
    void all.run();
    await until(() => everything.length === 42);
    expect(everything).toEqual(told);
  });

  it('come in bursts of thousands in their order', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const names: string[] = [];
    events.on('added', ({ name }) => names.push(name));
    const expected = Array.from({ length: 5000 }, (_, n) => `n${n}`);
    await queue.addBulk(expected.map((name) => ({ name, data: 0 })));
    await until(() => names.length === 5000);
    expect(names).toEqual(expected);
  });

  it('leave out what is larger than an event may be', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    lab.worker(async ({ name }) => {
      if (name === 'bad') throw new Error('x'.repeat(100_000));
      return 'x'.repeat(100_000);
    });
    const told = [next(events, 'completed'), next(events, 'failed')] as const;
    await queue.addBulk([
      { name: 'good', data: 0 },
      { name: 'bad', data: 0 },
    ]);
    expect((await told[0])[0].returnvalue).toBeUndefined();
    expect((await told[1])[0].failedReason).toBe('');
    expect((await queue.getFailed())[0]!.failedReason).toHaveLength(100_000);
  });

  it('of two queues stay apart', async () => {
    const other = randomQueueName();
    const [here, there] = [await lab.events(), await lab.events({}, other)];
    const told = [record(here), record(there)];
    const done = [next(here, 'added'), next(there, 'added')];
    await lab.queue().add('here', 0);
    await lab.queue({}, other).add('there', 0);
    await Promise.all(done);
    expect(told.map((list) => list[0]![1].name)).toEqual(['here', 'there']);
    await here.close();
    const added = next(there, 'added');
    await lab.queue({}, other).add('later', 0);
    await added;
    expect(told[0]).toHaveLength(2);
  });

  it('are kept up to a number, and with 0 as far as those need them who listen', async () => {
    const queue = lab.queue({ streams: { events: { maxLen: 100 } } });
    await queue.waitUntilReady();
    await until(async () => (await lab.client.hget(lab.keys.of('meta'), 'maxEvents')) === '100');
    for (let i = 0; i < 600; i += 1) await queue.add('a', 0);
    expect(await lab.client.xlen(lab.keys.of('events'))).toBeLessThan(250);
    const silent = lab.queue({ streams: { events: { maxLen: 0 } } }, 'silent');
    await until(async () => (await lab.client.hget(`${lab.prefix}:{silent}:meta`, 'maxEvents')) === '0');
    const listening = next(await lab.events({}, 'silent'), 'added');
    await silent.add('a', 0);
    expect(await listening).toMatchObject([{ name: 'a' }, expect.any(String)]);
  });

  it('refuse a place that is none', async () => {
    const beyond = '18446744073709551616';
    for (const lastEventId of [
      'x',
      '1-2-3-4',
      '-1',
      '',
      '1-0-1, 1-0-1',
      beyond,
      `1-${beyond}`,
      `1-0-${beyond}`,
    ]) {
      await expect(lab.events({ lastEventId })).rejects.toThrow(InvalidOptionError);
    }
  });
});
