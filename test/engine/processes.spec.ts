import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet, unexplained } from '../support/fleet.js';
import { mixedJobs } from '../support/mixed-jobs.js';
import { testRedisUrl } from '../support/redis.js';

const lab = EngineLab.open();
const JOBS = 1000;

describe('four worker processes', () => {
  let fleet: Fleet;
  const queueName = 'mixed';
  beforeAll(async () => {
    fleet = await Fleet.prepare(queueName, {
      connection: testRedisUrl(),
      prefix: lab.prefix,
      concurrency: 10,
    });
    await fleet.start(4);
  }, 20_000);
  afterAll(() => fleet.end());

  it('do each of 1,000 mixed jobs exactly once', async () => {
    const queue = lab.queue({}, queueName);
    const jobs = await queue.addBulk(mixedJobs(JOBS, 1));
    await until(async () => (await queue.getCompletedCount()) === JOBS, 20_000);
    const notes = await fleet.notes();
    expect(
      unexplained(
        notes,
        jobs.map(({ id }) => id),
        fleet.killed,
      ),
    ).toEqual([]);
    expect(notes.filter(({ what }) => what === 'end')).toHaveLength(JOBS);
    expect(new Set(notes.map(({ pid }) => pid)).size).toBe(4);
    for (const job of await queue.getCompleted()) {
      const failures = job.data.failures ?? 0;
      expect(job).toMatchObject({
        attemptsMade: failures + 1,
        attemptsStarted: failures + 1,
        stalledCounter: 0,
      });
      expect(job.processedOn! - job.timestamp).toBeGreaterThanOrEqual(job.opts.delay ?? 0);
    }
  }, 30_000);
});
