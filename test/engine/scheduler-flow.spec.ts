import { describe, expect, it } from '@jest/globals';
import { type FlowJob, InvalidOptionError, Queue, Worker } from '../../lib/engine.js';
import { childrenOf } from '../../lib/schedule/template-tree.js';
import { ScheduleLab } from '../support/schedule-lab.js';

const START = Date.UTC(2026, 2, 2, 12, 0, 0);
const MINUTE = 60_000;
const lab = ScheduleLab.open(START);

const TREE: FlowJob[] = [
  { name: 'near', queueName: 'clock', data: { part: 'near' } },
  {
    name: 'far',
    queueName: 'figures',
    data: { part: 'far' },
    opts: { removeOnComplete: true },
    children: [{ name: 'deep', queueName: 'clock', data: { part: 'deep' } }],
  },
];

/** Workers of both queues. Returns what has run, by name and slot. */
function workers(lose = false): string[] {
  const ran: string[] = [];
  for (const name of ['clock', 'figures']) {
    const work = async (job: { name: string; id: string; getChildrenValues(): Promise<object> }) => {
      const slot = (Number(/:(\d+)(?:\/|$)/.exec(job.id)?.[1]) - START) / MINUTE;
      ran.push(`${job.name} ${slot}`);
      return job.name === 'report' ? Object.values(await job.getChildrenValues()) : job.name;
    };
    const worker = new Worker(name, work as never, { connection: lab.time.connection, concurrency: 3 });
    lab.closeLast(() => worker.close(lose));
  }
  return ran;
}

const order = (ran: readonly string[], slot: number) =>
  ran.filter((each) => each.endsWith(` ${slot}`)).map((each) => each.split(' ')[0]);

describe('a flow as the template of a job scheduler', () => {
  it('brings the whole tree for each slot, and runs the job of the slot last', async () => {
    const queue = lab.queue();
    const ran = workers();
    await queue.upsertJobScheduler('flow', { every: MINUTE }, { name: 'report', children: TREE });

    await lab.time.advance(2 * MINUTE + 30_000);
    for (const slot of [0, 1, 2]) {
      const own = order(ran, slot);
      expect(own.toSorted()).toEqual(['deep', 'far', 'near', 'report']);
      expect(own.indexOf('deep')).toBeLessThan(own.indexOf('far'));
      expect(own.at(-1)).toBe('report');
    }
    expect(ran).toHaveLength(12);
    const job = await queue.getJob(`repeat:flow:${START + MINUTE}`);
    expect((job!.returnvalue as string[]).toSorted()).toEqual(['far', 'near']);
    expect(job!.attemptsMade).toBe(1);
  });

  it('brings none twice, and loses none, when the worker dies between adding them and waiting for them', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('flow', { every: 10 * MINUTE }, { name: 'report', children: TREE });
    const dying = new Worker('clock', null, { connection: lab.time.connection, lockDuration: 30_000 });
    const job = (await dying.getNextJob('dying'))!;
    await job.addChildren(childrenOf(TREE, job.id));
    await dying.close(true);

    const ran = workers();
    await lab.time.advance(5 * MINUTE);
    expect(order(ran, 0).toSorted()).toEqual(['deep', 'far', 'near', 'report']);
    expect(ran.at(-1)).toBe('report 0');
  });

  it('is tried again without its children', async () => {
    const queue = lab.queue();
    let tries = 0;
    const ran = workers();
    const flaky = new Worker(
      'flaky',
      async () => {
        if ((tries += 1) === 1) throw new Error('once');
      },
      { connection: lab.time.connection },
    );
    lab.closeLast(() => flaky.close());
    const other = new Queue('flaky', { connection: lab.time.connection });
    lab.closeLast(() => other.close());
    const template = { opts: { attempts: 2 }, children: [TREE[1]!] };
    await other.upsertJobScheduler('flow', { every: 10 * MINUTE }, template);

    await lab.time.advance(2 * MINUTE);
    expect(tries).toBe(2);
    expect(ran.toSorted()).toEqual(['deep 0', 'far 0']);
    expect(await queue.getJobCounts()).toMatchObject({ waiting: 0, active: 0 });
  });

  it('is kept through the codec, and given back as it was', async () => {
    const codec = {
      serialize: (value: unknown) => ({ sealed: Buffer.from(JSON.stringify(value)).toString('base64') }),
      deserialize: (value: any) => JSON.parse(Buffer.from(value.sealed, 'base64').toString()) as unknown,
    };
    const queue = lab.queue({ codec });
    const ran: unknown[] = [];
    const options = { connection: lab.time.connection, codec };
    const worker = new Worker('clock', async (job) => void ran.push(job.data), options);
    lab.closeLast(() => worker.close());
    const template = { name: 'report', data: { part: 'root' }, children: [TREE[0]!] };
    await queue.upsertJobScheduler('flow', { every: MINUTE }, template);

    const { name: _name, ...kept } = template;
    expect((await queue.getJobScheduler('flow'))?.template).toEqual(kept);
    const stored = await queue.store.schedules.read(['flow']);
    expect(JSON.stringify(stored)).not.toContain('near');
    await lab.time.settle();
    expect(ran).toEqual([{ part: 'near' }, { part: 'root' }]);
  });

  it.each<[string, unknown]>([
    ['no array', 'tree'],
    ['no job', [7]],
    ['an id', [{ name: 'a', queueName: 'b', opts: { jobId: 'x' } }]],
    [
      'an id below',
      [{ name: 'a', queueName: 'b', children: [{ name: 'c', queueName: 'b', opts: { jobId: 'x' } }] }],
    ],
    [
      'another parent',
      [{ name: 'a', queueName: 'b', opts: { parent: { id: '1', queue: 'stepwell:clock' } } }],
    ],
    ['an unknown option', [{ name: 'a', queueName: 'b', opts: { dealy: 1 } }]],
    ['no queue', [{ name: 'a' }]],
  ])('is refused before anything is written: %s', async (_what, children) => {
    const queue = lab.queue();
    await expect(
      queue.upsertJobScheduler('flow', { every: MINUTE }, { children: children as FlowJob[] }),
    ).rejects.toThrow(InvalidOptionError);
    expect(await queue.getJobSchedulersCount()).toBe(0);
  });
});
