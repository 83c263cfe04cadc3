import { describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisReplyError, type FlowJob, type Queue } from '../../lib/engine.js';
import { refText } from '../../lib/job/job-ref.js';
import { EngineLab, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();
const names = (): [string, string, string] => [lab.name, `${lab.name}-b`, `${lab.name}-c`];
const flowOf = (parents: string, children: string, opts: FlowJob['opts'] = {}): FlowJob => ({
  name: 'parent',
  queueName: parents,
  children: [{ name: 'child', queueName: children, data: 7, opts }],
});

describe('a parent in the queue of its child', () => {
  it('is added with all below it in one call', async () => {
    const client = new Redis(lab.connection().url, { maxRetriesPerRequest: null });
    const flows = lab.flows({ connection: client });
    await flows.add(flowOf(lab.name, lab.name));
    const sent = jest.spyOn(client, 'sendCommand');
    const flow = flowOf(lab.name, lab.name);
    flow.children![0]!.children = [{ name: 'leaf', queueName: lab.name }];

    const { children } = await flows.add(flow);

    expect(sent.mock.calls.map(([{ name }]) => name)).toEqual([expect.stringMatching('fcall|evalsha')]);
    expect(await children![0]!.children![0]!.job.getState()).toBe('waiting');
    expect(await lab.client.exists(lab.keys.of('outbox'))).toBe(0);
    await flows.close();
    await client.quit();
  });

  it('knows of its end by the time that anybody is told', async () => {
    const queue = lab.queue();
    const flows = lab.flows();
    const added = await flows.addBulk(
      Array.from({ length: 20 }, () => ({ ...flowOf(lab.name, lab.name), opts: { delay: 60_000 } })),
    );
    const states: string[] = [];
    const looks: Promise<unknown>[] = [];
    const worker = lab.worker(async (job) => job.data as number);
    worker.on('completed', (job) => {
      looks.push(queue.getJobState(job.parent!.id).then((state) => states.push(state)));
    });

    await until(() => looks.length === added.length);
    await Promise.all(looks);

    expect(states).toEqual(Array.from({ length: 20 }, () => 'delayed'));
    expect(Object.values(await added[0]!.job.getChildrenValues())).toEqual([7]);
  });

  it.each<[string, FlowJob['opts'], (queue: Queue, id: string) => Promise<unknown>, string]>([
    ['is removed', {}, (queue, id) => queue.remove(id), 'waiting'],
    ['is drained', { delay: 60_000 }, (queue) => queue.drain(true), 'gone'],
    ['is let go', {}, async (queue, id) => (await queue.getJob(id))!.removeChildDependency(), 'waiting'],
  ])('learns in the same call when it %s', async (_case, opts, end, state) => {
    const queue = lab.queue();
    const { job, children } = await lab.flows().add(flowOf(lab.name, lab.name, opts));

    await end(queue, children![0]!.job.id);

    const found = await queue.getJobState(job.id);
    expect(found === 'waiting' || state === 'gone').toBe(true);
    expect(await lab.client.exists(lab.keys.of('outbox'))).toBe(0);
  });
});

describe('a parent in another queue', () => {
  it('knows of a child that was completed by hand when that call resolves', async () => {
    const [parents, children] = names();
    const queue = lab.queue();
    const { job } = await lab.flows().add(flowOf(parents, children));
    lab.queue({}, children);
    const worker = lab.worker(null, {}, children);
    const child = (await worker.getNextJob('mine'))!;

    expect(await child.moveToCompleted('done', 'mine')).toBe(true);

    expect(await queue.getJobState(job.id)).toBe('waiting');
    expect(Object.values(await job.getChildrenValues())).toEqual(['done']);
  });

  it('learns from its children what it has lost, once a worker of its queue looks', async () => {
    const [parents, children] = names();
    const queue = lab.queue();
    const flow = flowOf(parents, children);
    flow.children!.push({ name: 'later', queueName: children, opts: { delay: 600_000 } });
    const { job, children: nodes } = await lab.flows().add(flow);
    lab.worker(async () => 1, {}, children);
    await until(async () => Object.keys(await job.getChildrenValues()).length === 1);
    const ref = refText({ prefix: lab.prefix, queueName: children, id: nodes![0]!.job.id });
    await lab.client
      .multi()
      .hset(lab.keys.derived('children', job.id), ref, 'p')
      .hincrby(lab.keys.derived('job', job.id), 'pending', 1)
      .exec();

    lab.worker(async () => 1, { stalledInterval: 50 });

    await until(async () => Object.keys(await job.getChildrenValues()).length === 1);
    expect(await queue.getWaitingChildrenCount()).toBe(1);
  });
});

describe('a target that refuses', () => {
  const user = `u${Math.random().toString(36).slice(2)}`;
  const grant = (...queues: string[]): Promise<unknown> =>
    lab.client.call(
      'ACL',
      'SETUSER',
      user,
      ...['on', 'nopass', '+@all', 'resetkeys', '~stepwell:*'],
      ...queues.map((name) => `~${lab.prefix}:{${name}}:*`),
    );

  it('holds up no message but its own, and gets them when it refuses no more', async () => {
    const [parents, children, refusing] = names();
    const queue = lab.queue();
    const closed = lab.queue({}, refusing);
    const flows = lab.flows();
    await flows.addBulk(Array.from({ length: 30 }, () => flowOf(refusing, children)));
    await flows.addBulk(Array.from({ length: 20 }, () => flowOf(parents, children)));
    await grant(parents, children);
    try {
      const url = new URL(lab.connection().url);
      url.username = user;
      url.password = 'any';
      const worker = lab.worker(async () => 1, { connection: url.href, concurrency: 5 }, children);
      worker.removeAllListeners('error');
      const errors: Error[] = [];
      worker.on('error', (error) => errors.push(error));
      await nextFew(worker, 'completed', 50);

      await until(async () => (await queue.getWaitingCount()) === 20);
      expect(await closed.getWaitingChildrenCount()).toBe(30);
      await until(() => errors.length > 0);
      expect(errors.every((error) => error instanceof RedisReplyError && /NOPERM/.test(error.message))).toBe(
        true,
      );
      await grant(parents, children, refusing);
      await until(async () => (await closed.getWaitingCount()) === 30);
    } finally {
      await lab.client.call('ACL', 'DELUSER', user);
    }
  });

  it('does not hold up who completes a child by hand: that call says that the parent does not know yet', async () => {
    const [, children, refusing] = names();
    lab.queue({}, children);
    const closed = lab.queue({}, refusing);
    const { job } = await lab.flows().add(flowOf(refusing, children));
    await grant(children);
    try {
      const url = new URL(lab.connection().url);
      url.username = user;
      url.password = 'any';
      const worker = lab.worker(null, { connection: url.href }, children);
      worker.removeAllListeners('error');
      worker.on('error', () => {});
      const child = (await worker.getNextJob('mine'))!;

      expect(await child.moveToCompleted('done', 'mine')).toBe(false);

      expect(await closed.getJobState(job.id)).toBe('waiting-children');
    } finally {
      await lab.client.call('ACL', 'DELUSER', user);
    }
  });
});
