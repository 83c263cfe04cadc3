import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defineSteps, UnreadableValueError } from '../../lib/engine.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';
import { setFields } from '../support/job-fields.js';

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
  ['a stack that is not JSON', (id) => setFields(lab.client, lab.keys.derived('job', id), { stack: 'oh' })],
  ['a stack that is no list', (id) => setFields(lab.client, lab.keys.derived('job', id), { stack: '5' })],
  [
    'counters that are none',
    (id) => setFields(lab.client, lab.keys.derived('job', id), { attemptsMade: 'x', attemptsStarted: 'y' }),
  ],
  [
    'a parent that is none',
    (id) => setFields(lab.client, lab.keys.derived('job', id), { state: 'waiting', parent: 'zzz' }),
  ],
  [
    'a parent in no queue',
    (id) => setFields(lab.client, lab.keys.derived('job', id), { state: 'waiting', parent: 'fzzz\t1' }),
  ],
  [
    'a count of children that is none',
    (id) => setFields(lab.client, lab.keys.derived('job', id), { pending: 'x' }),
  ],
  ['fields that are none', (id) => lab.client.set(lab.keys.derived('job', id), 'what?')],
  ['a body that is none', (id) => replace(lab.keys.derived('body', id))],
  [
    'a reason that is not JSON',
    (id) => setFields(lab.client, lab.keys.derived('job', id), { failedReason: '{' }),
  ],
];

async function replace(key: string): Promise<void> {
  await lab.client.del(key);
  await lab.client.lpush(key, 'what?');
}

describe('a job whose record cannot be read', () => {
  const rejections: unknown[] = [];
  const keep = (reason: unknown): void => void rejections.push(reason);
  beforeEach(() => void process.on('unhandledRejection', keep));
  afterEach(() => void process.off('unhandledRejection', keep));

  it.each(BROKEN)('fails, visibly, and nothing else does: %s', async (what, change) => {
    const queue = lab.queue();
    const { id } = await queue.add('a', 0);
    await change(id);
    const other = await queue.add('b', 0);
    expect((await queue.getJobs(['waiting'])).map((job) => job.id).toSorted()).toEqual(
      [id, other.id].toSorted(),
    );
    const { unreadable } = (await queue.getJob(id))!;
    expect(unreadable instanceof UnreadableValueError).toBe(what !== 'fields that are none');
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
    await setFields(lab.client, lab.keys.derived('job', id), {
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

/** What somebody has made of a job while it ran. */
const BROKEN_WHILE_ACTIVE: [what: string, change: (id: string) => Promise<unknown>, state: string][] = [
  [
    'a parent that is none',
    (id) => setFields(lab.client, lab.keys.derived('job', id), { parent: 'zzz' }),
    'completed',
  ],
  [
    'a deduplication that is none',
    (id) => setFields(lab.client, lab.keys.derived('job', id), { dedup: 'x' }),
    'failed',
  ],
  ['fields that are none', (id) => lab.client.set(lab.keys.derived('job', id), 'what?'), 'failed'],
];

it.each(BROKEN_WHILE_ACTIVE)(
  'a job that is changed while it runs ends, and those of the same call complete, once: %s',
  async (_what, change, state) => {
    const queue = lab.queue();
    await lab.client.set(lab.keys.derived('dedup', 'x'), 'what?');
    const jobs = await queue.addBulk([0, 1, 2, 3].map((data) => ({ name: 'a', data })));
    const gate = new Gate();
    const started = new Gate();
    const starts: string[] = [];
    const worker = lab.worker(
      async ({ id }) => {
        if (starts.push(id) === 4) started.open();
        await gate.passed;
      },
      { concurrency: 10, lockDuration: 1000, stalledInterval: 500 },
    );
    const broken = jobs[1]!.id;
    await started.passed;
    await change(broken);
    const completed = nextFew(worker, 'completed', state === 'completed' ? 4 : 3);
    gate.open();
    await completed;
    await until(async () => (await queue.getJobState(broken)) === state);
    expect(starts.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    expect(await queue.getCompletedCount()).toBe(state === 'completed' ? 4 : 3);
    expect(lab.takeErrors().map(({ name }) => name)).toEqual(
      state === 'completed' ? [] : ['UnreadableValueError'],
    );
    await queue.remove(broken);
    await lab.client.del(lab.keys.derived('dedup', 'x'));
  },
);

async function changeChildren(key: string): Promise<void> {
  const [child] = await lab.client.hkeys(key);
  await lab.client.hset(key, child!, 'what?');
}

/** What somebody has made of a parent that waits. */
const BROKEN_PARENTS: [what: string, change: (id: string) => Promise<unknown>][] = [
  ['its count of children', (id) => setFields(lab.client, lab.keys.derived('job', id), { pending: 'many' })],
  ['what it knows of a child', (id) => changeChildren(lab.keys.derived('children', id))],
  ['the list of its children', (id) => replace(lab.keys.derived('children', id))],
  ['its fields', (id) => replace(lab.keys.derived('job', id))],
];

it.each(BROKEN_PARENTS)(
  'a parent fails whose record cannot be read, and nothing else: %s',
  async (_what, change) => {
    const flow = await lab.flows().add({
      ...{ name: 'p', queueName: lab.name },
      children: [{ name: 'c', queueName: lab.name }],
    });
    const queue = lab.queue();
    await change(flow.job.id);
    await queue.add('other', 0);
    const names: string[] = [];
    const worker = lab.worker(async ({ name }) => void names.push(name));
    await nextFew(worker, 'completed', 2);
    await until(async () => (await queue.getJobState(flow.job.id)) === 'failed');
    expect((await queue.getJob(flow.job.id))!.failedReason).toContain('cannot be read');
    expect(names.toSorted()).toEqual(['c', 'other']);
    expect(await queue.getCompletedCount()).toBe(2);
    await queue.remove(flow.job.id);
    await queue.remove(flow.children![0]!.job.id);
  },
);

it('a message between queues that cannot be read is kept aside, told of, and holds up none of the others', async () => {
  const above = `${lab.name}-above`;
  const parents = lab.queue({}, above);
  const flow = await lab.flows().add({
    ...{ name: 'p', queueName: above },
    children: [{ name: 'c', queueName: lab.name }],
  });
  const target = new QueueKeys(lab.prefix, above).base;
  await lab.client.rpush(lab.keys.derived('posted', target), 'what?');
  await lab.client.hset(lab.keys.of('outbox'), { [target]: 'what?', 'nobody\t': 'what?' });
  await lab.client.rpush(lab.keys.derived('posted', 'nobody\t'), 'to nobody');
  lab.worker(async () => 1);
  await until(async () => (await lab.client.llen(lab.keys.of('unreadable'))) === 2);
  await until(async () => (await parents.getJobState(flow.job.id)) === 'waiting');
  const told: string[] = [];
  await until(() => told.push(...lab.takeErrors().map(({ message }) => message)) > 0);
  expect(told[0]).toContain('between queues cannot be read: kept in ');
});

it('numbers of a queue that cannot be read begin anew', async () => {
  const queue = lab.queue();
  await queue.add('a', 0);
  await lab.client.hset(lab.keys.of('meta'), { id: 'x', seq: 'y', eventNumber: 'z' });
  const jobs = await queue.addBulk([1, 2, 3].map((data) => ({ name: 'a', data, opts: { delay: data } })));
  const worker = lab.worker(async () => 1);
  await nextFew(worker, 'completed', 4);
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(3);
  await lab.client.del(lab.keys.of('events'));
});
