import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type Job, JobNotFoundError, type Queue } from '../../lib/engine.js';
import { EngineLab, Gate, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** What a server that took over may never have got. */
async function loseEverything(): Promise<void> {
  await lab.client.unlink(await lab.client.keys(`${lab.keys.base}*`));
  await setTimeout(3);
}

/** Two jobs that were given one number, the first of which is lost. */
async function twoLives(queue: Queue): Promise<{ lost: Job; other: Job }> {
  const lost = await queue.add('lost', { mine: true }, { delay: 60_000 });
  await loseEverything();
  const other = await queue.add('other', { mine: false }, { delay: 60_000 });
  expect(other.id).toBe(lost.id);
  return { lost, other };
}

describe('a job whose number was given again', () => {
  it.each<[string, (job: Job) => Promise<unknown>]>([
    ['updateData', (job) => job.updateData({ mine: true })],
    ['updateProgress', (job) => job.updateProgress(50)],
    ['log', (job) => job.log('mine')],
    ['clearLogs', (job) => job.clearLogs()],
    ['remove', (job) => job.remove()],
    ['retry', (job) => job.retry()],
    ['promote', (job) => job.promote()],
    ['changeDelay', (job) => job.changeDelay(5)],
    ['changePriority', (job) => job.changePriority({ priority: 5 })],
    ['signal', (job) => job.signal('go')],
  ])('is gone, and nothing is done to the other one: %s', async (_method, call) => {
    const queue = lab.queue();
    const { lost } = await twoLives(queue);
    const before = await lab.dump();
    await expect(call(lost)).rejects.toThrow(JobNotFoundError);
    const isJob = ([name]: [string, unknown]): boolean => !name.startsWith('writer:');
    expect(Object.entries(await lab.dump()).filter(isJob)).toEqual(Object.entries(before).filter(isJob));
    expect(await lost.getState()).toBe('unknown');
  });

  it('is still the one that it is', async () => {
    const queue = lab.queue();
    const { other } = await twoLives(queue);
    for (const handle of [other, (await queue.getJob(other.id))!]) {
      await handle.updateData({ mine: 7 });
      await handle.updateProgress(50);
      await handle.log('x');
      await handle.changeDelay(70_000);
    }
    await other.promote();
    await other.signal('go');
    await other.remove();
    expect(await queue.getJob(other.id)).toBeUndefined();
  });

  it.each([
    ['a time of its own', { timestamp: 1_700_000_000_000.5 }],
    ['an id of its own', { jobId: 'mine' }],
    ['a priority', { priority: 3 }],
  ])('is known by its time of creation, also with %s', async (_what, opts) => {
    const queue = lab.queue();
    const job = await queue.add('a', 0, opts);
    await job.updateData(1);
    expect(await job.getState()).not.toBe('unknown');
    expect((await queue.getJob(job.id))!.data).toBe(1);
  });

  it('is no other one for who adds its id again', async () => {
    const queue = lab.queue();
    await queue.add('a', 0, { jobId: 'mine', timestamp: 5 });
    const again = await queue.add('a', 1, { jobId: 'mine' });
    await again.updateData(2);
    expect((await queue.getJob('mine'))!.data).toBe(2);
  });

  it('has not finished when the other one has', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const { lost, other } = await twoLives(queue);
    const outcomes = [lost.waitUntilFinished(events), other.waitUntilFinished(events)];
    const refused = outcomes[0]!.catch((error: unknown) => error);
    lab.worker(async ({ name }) => name);
    await other.promote();
    expect(await outcomes[1]).toBe('other');
    expect(await refused).toBeInstanceOf(JobNotFoundError);
  });

  it.each([true, false])(
    'is not waited for any more when it is lost meanwhile (removed: %p)',
    async (isRemoved) => {
      const queue = lab.queue();
      const events = await lab.events();
      const lost = await queue.add('lost', 0, { delay: 60_000 });
      const outcome = lost.waitUntilFinished(events);
      const refused = outcome.catch((error: unknown) => error);
      const gate = new Gate();
      const worker = lab.worker(() => gate.passed.then(() => 'other'));
      await until(() => events.listenerCount(`completed:${lost.id}`) > 0);
      await loseEverything();
      const started = next(worker, 'active');
      // Who waits has to have looked before that job is gone: nothing tells them apart afterwards.
      const told = new Promise<void>((resolve) => {
        events.on('added', ({ name }) => name === 'other' && resolve());
      });
      await queue.add('other', 0, { removeOnComplete: isRemoved });
      await Promise.all([started, told]);
      gate.open();
      expect(await refused).toBeInstanceOf(JobNotFoundError);
    },
  );
});
