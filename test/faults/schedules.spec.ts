import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RepeatOptions } from '../../lib/engine.js';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet } from '../support/fleet.js';

const INSTANCES = 20;
const SCHEDULERS: Record<string, RepeatOptions> = {
  often: { every: 200 },
  offset: { every: 500, offset: 123 },
  all: { every: 300, missed: 'all', overlap: 'queue' },
  cron: { pattern: '* * * * * *', tz: 'UTC' },
  now: { pattern: '* * * * * *', tz: 'UTC', immediately: true },
};
const IDS = Object.keys(SCHEDULERS);
const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION'] });

describe('processes with the same job schedulers', () => {
  let fleet: Fleet | undefined;
  afterEach(async () => {
    await fleet?.end();
    fleet = undefined;
  }, 30_000);

  async function startAll(): Promise<ChildProcess[]> {
    const options = {
      connection: lab.connection(),
      prefix: lab.prefix,
      lockDuration: 1500,
      stalledInterval: 500,
    };
    fleet = await Fleet.prepare(lab.name, options);
    const orders = { queue: lab.name, ledger: fleet.file('ledger'), options, schedulers: SCHEDULERS };
    const children = Array.from({ length: INSTANCES }, () => fleet!.fork('fleet-scheduler', orders));
    await Promise.all(children.map((child) => once(child, 'message')));
    const upserted = Promise.all(children.map((child) => once(child, 'message')));
    children.forEach((child) => child.send('go'));
    await upserted;
    return children;
  }

  const slotsOf = (id: string, ran: readonly string[]): number[] =>
    ran
      .filter((job) => job.startsWith(`repeat:${id}:`))
      .map((job) => Number(job.split(':').at(-1)))
      .toSorted((a, b) => a - b);

  it('twenty of them that start at once make one scheduler each, and one job a slot', async () => {
    await startAll();
    const queue = lab.queue();
    const ran = async () => (await fleet!.notes()).map(({ id }) => id);
    await until(async () => slotsOf('cron', await ran()).length >= 4, 60_000);

    const schedulers = await queue.getJobSchedulers();
    expect(schedulers.map(({ key }) => key).toSorted()).toEqual(IDS.toSorted());
    // Each has one job that is to come, which is never out for longer than the moment of its start.
    await Promise.all(IDS.map((id) => queue.pauseJobScheduler(id)));
    await until(async () => (await queue.count()) === 0 && (await queue.getActiveCount()) === 0);
    const jobs = await ran();
    expect(jobs).toHaveLength(new Set(jobs).size);
    // One that is late is not made up for, but with all.
    const all = slotsOf('all', jobs);
    expect(all).toEqual(all.map((_, i) => all[0]! + i * 300));
    expect(slotsOf('offset', jobs).every((slot) => slot % 500 === 123)).toBe(true);
    expect(new Set(slotsOf('often', jobs).map((slot, _, [first]) => (slot - first!) % 200)).size).toBe(1);
  }, 240_000);

  it('lose no slot of all, and repeat only what a kill cut short, while they are killed', async () => {
    const children = await startAll();
    const queue = lab.queue();
    const killed = new Set<number>();
    for (const child of children.slice(0, INSTANCES - 2)) {
      const before = (await fleet!.notes()).length;
      killed.add(child.pid!);
      child.kill('SIGKILL');
      await until(async () => (await fleet!.notes()).length > before, 30_000);
    }
    await until(async () => (await queue.getActiveCount()) === 0, 30_000);
    await Promise.all(IDS.map((id) => queue.pauseJobScheduler(id)));
    await until(async () => (await queue.count()) === 0 && (await queue.getActiveCount()) === 0, 30_000);

    const notes = await fleet!.notes();
    const all = [
      ...new Set(
        slotsOf(
          'all',
          notes.map(({ id }) => id),
        ),
      ),
    ];
    expect(all).toEqual(all.map((_, i) => all[0]! + i * 300));
    const twice = notes.filter(({ id }, i) => notes.findIndex((note) => note.id === id) !== i);
    const first = twice.map(({ id }) => notes.find((note) => note.id === id)!.pid);
    expect(first.filter((pid) => !killed.has(pid))).toEqual([]);
  }, 240_000);
});
