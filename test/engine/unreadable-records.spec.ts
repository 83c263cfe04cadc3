import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineSteps, UnreadableValueError } from '../../lib/engine.js';
import { EngineLab, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** What somebody has made of a job in the database. */
const BROKEN: [what: string, change: (id: string) => Promise<unknown>][] = [
  ['a body of one line', (id) => lab.client.set(lab.keys.derived('body', id), 'what?')],
  ['an empty body', (id) => lab.client.set(lab.keys.derived('body', id), '')],
  ['half a body', (id) => lab.client.set(lab.keys.derived('body', id), '1700000000000\na\n{"attempts":')],
  ['options that are not JSON', (id) => lab.client.set(lab.keys.derived('body', id), '1\na\n{"att\n{}')],
  ['options that are null', (id) => lab.client.set(lab.keys.derived('body', id), '1\na\nnull\n{}')],
  ['data that is not JSON', (id) => lab.client.set(lab.keys.derived('body', id), '1\na\n{}\n{"secret":')],
  ['no time', (id) => lab.client.set(lab.keys.derived('body', id), 'x\na\n{}\n{}')],
  ['a stack that is not JSON', (id) => lab.client.hset(lab.keys.derived('job', id), 'stack', 'oh')],
  ['a stack that is no list', (id) => lab.client.hset(lab.keys.derived('job', id), 'stack', '5')],
  [
    'counters that are none',
    (id) => lab.client.hset(lab.keys.derived('job', id), 'attemptsMade', 'x', 'attemptsStarted', 'y'),
  ],
  ['a reason that is not JSON', (id) => lab.client.hset(lab.keys.derived('job', id), 'failedReason', '{')],
];

describe('a job whose record cannot be read', () => {
  const rejections: unknown[] = [];
  const keep = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => void process.on('unhandledRejection', keep));
  afterEach(() => void process.off('unhandledRejection', keep));

  it.each(BROKEN)('fails, visibly, and nothing else does: %s', async (_what, change) => {
    const queue = lab.queue();
    const { id } = await queue.add('a', 0);
    await change(id);
    const other = await queue.add('b', 0);
    expect((await queue.getJobs(['waiting'])).map((job) => job.id).toSorted()).toEqual(
      [id, other.id].toSorted(),
    );
    expect((await queue.getJob(id))!.unreadable).toBeInstanceOf(UnreadableValueError);
    const ran: string[] = [];
    const worker = lab.worker(async (job) => void ran.push(job.id));
    const completed = next(worker, 'completed');
    await until(async () => (await queue.getJobState(id)) === 'failed');
    await completed;
    expect(ran).toEqual([other.id]);
    const { failedReason } = (await queue.getJob(id))!;
    expect(failedReason).toContain('cannot be read');
    expect(failedReason).not.toContain('secret');
    expect(rejections).toEqual([]);
    // As it is no job that this engine could have written, the audit of the queue is not to see it.
    await queue.remove(id);
  });

  it('fails where its steps cannot be read', async () => {
    const queue = lab.queue();
    const { id } = await queue.add('a', 0);
    const other = await queue.add('b', 0);
    await lab.client.hset(lab.keys.derived('job', id), {
      ...{ state: 'waiting', step: 'undo:one', failure: 'what?' },
      ...{ 'step:one': '1,1,c,1,5,5', 'value:one': 'v1', 'step:undo:one': '2,2,r,1,5,' },
    });
    const worker = lab.worker(defineSteps({ one: { run: () => 1, compensate: { run: () => 2 } } }));
    await next(worker, 'completed');
    await until(async () => (await queue.getJobState(id)) === 'failed');
    expect(await queue.getJobState(other.id)).toBe('completed');
    expect(rejections).toEqual([]);
    await queue.remove(id);
  });

  it('ends where its options make no sense', async () => {
    const queue = lab.queue();
    const { id } = await queue.add('a', 0);
    await lab.client.set(
      lab.keys.derived('body', id),
      '1\na\n{"removeOnComplete":{"count":{}},"removeOnFail":7}\n0',
    );
    const other = await queue.add('b', 0);
    lab.worker(async () => 'done');
    await until(async () => (await queue.getJobState(other.id)) === 'completed');
    expect(['completed', 'failed', 'unknown']).toContain(await queue.getJobState(id));
    expect(rejections).toEqual([]);
  });

  it('refuses data from who holds it', async () => {
    const queue = lab.queue();
    const job = await queue.add('a', 0);
    await lab.client.set(lab.keys.derived('body', job.id), 'what?');
    const other = await queue.add('b', 0);
    const [refused, written] = await Promise.allSettled([job.updateData(1), other.updateData(2)]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'UNREADABLE_VALUE' } });
    expect(written.status).toBe('fulfilled');
    await queue.remove(job.id);
  });
});
