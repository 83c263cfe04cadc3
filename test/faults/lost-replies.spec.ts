import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Queue } from '../../lib/engine.js';
import { EngineLab, until } from '../support/engine-lab.js';
import { LossyProxy, runsCommand } from '../support/lossy-proxy.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION'] });
const CUTS = 100;

describe('replies that are lost', () => {
  let proxy: LossyProxy;
  beforeEach(async () => {
    proxy = await LossyProxy.open(lab.redis, runsCommand);
  });
  afterEach(() => proxy.close());

  /** Loses a reply every so often until so many are lost. */
  async function loseSome(count: number, isOver: () => boolean): Promise<void> {
    while (proxy.lost < count && !isOver()) {
      proxy.losing = 1;
      const before = proxy.lost;
      await until(() => proxy.lost > before || isOver(), 20_000);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    proxy.losing = 0;
  }

  it('never add a job twice, and every add is answered', async () => {
    const queue: Queue = lab.queue({
      connection: { ...proxy.address, connectionName: 'adds' },
      // No reply at all may come through for many cuts in a row.
      callTimeout: 60_000,
    });
    await queue.waitUntilReady();
    let added = 0;
    let isOver = false;
    const losing = loseSome(CUTS, () => isOver);
    const ids: string[] = [];
    while (proxy.lost < CUTS) {
      const jobs = await Promise.all([
        queue.add('one', added),
        queue.add('two', added + 1, { priority: 1 }),
        ...(await queue.addBulk([{ name: 'three', data: added + 2, opts: { delay: 60_000 } }])),
      ]);
      added += 3;
      ids.push(...jobs.map(({ id }) => id));
    }
    isOver = true;
    await losing;
    expect(new Set(ids).size).toBe(added);
    const stored = await queue.getJobs();
    expect(stored.map(({ data }) => data).sort((a, b) => a - b)).toEqual(
      Array.from({ length: added }, (_, n) => n),
    );
    expect(stored.map(({ id }) => id).sort()).toEqual(ids.toSorted());
  }, 240_000);

  it('never make a worker forget a job that it was given, nor end one twice', async () => {
    const queue = lab.queue();
    const runs = new Map<string, number>();
    const worker = lab.worker(
      async (job) => {
        runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
        await job.updateProgress(1);
        await job.log('line');
        if (job.data === 1 && job.attemptsMade === 0) throw new Error('once');
        return job.id;
      },
      { connection: { ...proxy.address }, concurrency: 20, lockDuration: 60_000 },
    );
    await worker.waitUntilReady();
    let isOver = false;
    const losing = loseSome(CUTS, () => isOver);
    let added = 0;
    while (proxy.lost < CUTS) {
      await queue.addBulk(
        Array.from({ length: 50 }, (_, n) => ({ name: 'a', data: n % 5, opts: { attempts: 2 } })),
      );
      added += 50;
      await until(async () => (await queue.getWaitingCount()) < 50 || proxy.lost >= CUTS, 30_000);
    }
    isOver = true;
    await losing;
    await until(async () => (await queue.getCompletedCount()) === added, 30_000);
    expect(await queue.getJobCounts('active', 'waiting', 'delayed', 'failed')).toEqual({
      active: 0,
      waiting: 0,
      delayed: 0,
      failed: 0,
    });
    for (const job of await queue.getCompleted()) {
      const expected = job.data === 1 ? 2 : 1;
      expect([job.id, runs.get(job.id), job.attemptsStarted, job.attemptsMade, job.stalledCounter]).toEqual([
        job.id,
        expected,
        expected,
        expected,
        0,
      ]);
      expect(await queue.getJobLogs(job.id)).toMatchObject({ count: expected });
    }
  }, 240_000);

  it('of the blocking read delay a job by less than two seconds', async () => {
    await proxy.close();
    proxy = await LossyProxy.open(lab.redis, (request) => /bzpopmin/i.test(request));
    const queue = lab.queue();
    const worker = lab.worker(async () => 1, { connection: { ...proxy.address } });
    await worker.waitUntilReady();
    for (let round = 0; round < 3; round += 1) {
      await until(async () => /cmd=bzpopmin/.test((await lab.client.client('LIST')) as string));
      proxy.losing = 1;
      const from = Date.now();
      const { id } = await queue.add('a', 0);
      await until(async () => (await queue.getJobState(id)) === 'completed');
      expect(proxy.lost).toBe(round + 1);
      expect(Date.now() - from).toBeLessThan(2000);
    }
  }, 240_000);
});
