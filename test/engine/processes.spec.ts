import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet, type Note, unexplained } from '../support/fleet.js';
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

  it('stop a job that another process cancels', async () => {
    const queue = lab.queue({}, queueName);
    const job = await queue.add('long', { ms: 60_000, stops: true }, { jobId: 'long' });
    const notesOf = async (what: Note['what']) =>
      (await fleet.notes()).filter((note) => note.id === job.id && note.what === what);
    await until(async () => (await notesOf('start')).length === 1);
    expect(await queue.cancel(job.id, 'enough')).toBe('cancelling');
    await until(() => job.isFailed());
    expect(await notesOf('abort')).toHaveLength(1);
    expect(fleet.pids).toContain((await notesOf('abort'))[0]!.pid);
    expect(await queue.getJob(job.id)).toMatchObject({ failedReason: 'enough', attemptsMade: 1 });
  });
});
