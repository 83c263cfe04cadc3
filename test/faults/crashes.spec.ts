import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet, unexplained } from '../support/fleet.js';
import { mixedJobs, randomFrom } from '../support/mixed-jobs.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION'] });

describe('worker processes', () => {
  let fleet: Fleet | undefined;
  afterEach(async () => {
    await fleet?.end();
    fleet = undefined;
  }, 240_000);

  it('four of them do each of 10,000 mixed jobs exactly once', async () => {
    const queue = lab.queue();
    fleet = await Fleet.prepare(lab.name, {
      connection: lab.connection(),
      prefix: lab.prefix,
      concurrency: 10,
    });
    await fleet.start(4);
    const jobs = await queue.addBulk(mixedJobs(10_000, 7));
    await until(async () => (await queue.getCompletedCount()) === 10_000, 90_000);
    const notes = await fleet.notes();
    expect(
      unexplained(
        notes,
        jobs.map(({ id }) => id),
        fleet.killed,
      ),
    ).toEqual([]);
    expect(notes.filter(({ what }) => what === 'end')).toHaveLength(10_000);
    for (const job of await queue.getCompleted()) {
      const failures = job.data.failures ?? 0;
      expect(job).toMatchObject({
        attemptsMade: failures + 1,
        attemptsStarted: failures + 1,
        stalledCounter: 0,
      });
    }
  }, 240_000);

  it('that are killed again and again lose no job, and each rerun is explained', async () => {
    const queue = lab.queue();
    fleet = await Fleet.prepare(lab.name, {
      connection: lab.connection(),
      prefix: lab.prefix,
      concurrency: 10,
      lockDuration: 1500,
      stalledInterval: 500,
      maxStalledCount: 100,
    });
    await fleet.start(4);
    const jobs = await queue.addBulk(mixedJobs(3000, 11, 80));
    const random = randomFrom(11);
    let kills = 0;
    let isOver = false;
    const killing = (async () => {
      while (!isOver) {
        await sleep(300 + random() * 500);
        const { pids } = fleet!;
        if (!isOver) await fleet!.replace(pids[Math.floor(random() * pids.length)]!);
        kills += 1;
      }
    })();
    // There is work as long as it takes to kill often enough, however slow the machine is.
    for (let seed = 12; kills < 8; seed += 1) {
      jobs.push(...(await queue.addBulk(mixedJobs(500, seed, 80))));
      await until(async () => jobs.length - (await queue.getCompletedCount()) < 500, 120_000);
    }
    await until(async () => (await queue.getCompletedCount()) === jobs.length, 120_000);
    isOver = true;
    await killing;
    const notes = await fleet.notes();
    expect(
      unexplained(
        notes,
        jobs.map(({ id }) => id),
        fleet.killed,
      ),
    ).toEqual([]);
    expect(kills).toBeGreaterThan(5);
    // Every job that was cut short is back within lock, interval and a little.
    const stalled = (await queue.getCompleted()).filter(({ stalledCounter }) => stalledCounter > 0);
    expect(stalled.length).toBeGreaterThan(5);
  }, 240_000);

  it('one that was stopped past its lock changes nothing when it goes on, and is told to abort', async () => {
    const queue = lab.queue();
    const options = {
      connection: lab.connection(),
      prefix: lab.prefix,
      concurrency: 5,
      lockDuration: 1000,
      stalledInterval: 300,
    };
    fleet = await Fleet.prepare(lab.name, options);
    const [stopped] = await fleet.start(1);
    const jobs = await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'a', data: { ms: 800 } })));
    // Jobs whose reply it reads only afterwards would not be started at all.
    await until(async () => (await fleet!.notes()).filter(({ what }) => what === 'start').length === 5);
    process.kill(stopped!, 'SIGSTOP');
    lab.worker(async () => 'second', { ...options, concurrency: 10 });
    await until(async () => (await queue.getCompletedCount()) === 5);
    const before = await lab.dump();
    process.kill(stopped!, 'SIGCONT');
    await until(async () => (await fleet!.notes()).filter(({ what }) => what === 'end').length === 5);
    await sleep(300);
    const after = await lab.dump();
    for (const { id } of jobs) {
      expect(after[`job:${id}`]).toEqual(before[`job:${id}`]);
      expect((await queue.getJob(id))!.returnvalue).toBe('second');
    }
    expect(after.events).toEqual(before.events);
  }, 240_000);

  it('one that was stopped and has long jobs is told to abort them as soon as it goes on', async () => {
    const queue = lab.queue();
    fleet = await Fleet.prepare(lab.name, {
      connection: lab.connection(),
      prefix: lab.prefix,
      lockDuration: 1000,
      stalledInterval: 300,
    });
    const [stopped] = await fleet.start(1);
    await queue.add('a', { ms: 20_000 });
    await until(async () => (await queue.getActiveCount()) === 1);
    process.kill(stopped!, 'SIGSTOP');
    const other = lab.worker(async () => 'second', { stalledInterval: 300 });
    await until(async () => (await queue.getCompletedCount()) === 1);
    process.kill(stopped!, 'SIGCONT');
    // Before the job would have ended, however slow the machine is.
    const aborts = async (): Promise<number> =>
      (await fleet!.notes()).filter(({ what }) => what === 'abort').length;
    await until(async () => (await aborts()) > 0, 20_000);
    expect(await aborts()).toBe(1);
    await other.close();
  }, 240_000);
});
