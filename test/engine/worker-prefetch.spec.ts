import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError, type Job, JobCancelledError, Worker } from '../../lib/engine.js';
import type { Run } from '../../lib/worker/run.js';
import type { WorkerParts } from '../../lib/worker/worker-parts.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

const some = (count: number, opts = {}) =>
  Array.from({ length: count }, (_, i) => ({ name: 'a', data: i, opts }));

/** Runs of a worker, also those that have not begun. */
function heldBy(worker: Worker): Run[] {
  return (worker as unknown as { parts: WorkerParts }).parts.locks.runs();
}

/** A processor whose jobs end one by one, when told. */
class Desk {
  readonly begun: string[] = [];
  private readonly gates: Gate[] = [];

  readonly process = async ({ id }: Job, _token: string, signal: AbortSignal): Promise<void> => {
    this.begun.push(id);
    const gate = new Gate();
    this.gates.push(gate);
    signal.addEventListener('abort', () => gate.open());
    await gate.passed;
  };

  end(): void {
    this.gates.splice(0).forEach((gate) => gate.open());
  }
}

describe('a worker that takes jobs ahead', () => {
  it('holds so many more than it runs, and runs them in their order', async () => {
    const queue = lab.queue();
    await queue.addBulk(some(9));
    const desk = new Desk();
    const worker = lab.worker(desk.process, { prefetch: 3, concurrency: 2 });

    await until(async () => (await queue.getActiveCount()) === 5);
    expect(desk.begun).toEqual(['1', '2']);

    const done = nextFew(worker, 'completed', 9);
    const ending = setInterval(() => desk.end(), 1);
    await done;
    clearInterval(ending);
    expect(desk.begun).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(await queue.getActiveCount()).toBe(0);
  });

  it('never runs more than its concurrency, and all at once when that is raised', async () => {
    const queue = lab.queue();
    await queue.addBulk(some(5));
    const desk = new Desk();
    const worker = lab.worker(desk.process, { prefetch: 10 });
    await until(async () => (await queue.getActiveCount()) === 5);
    expect(desk.begun).toHaveLength(1);

    worker.concurrency = 4;

    expect(desk.begun).toHaveLength(4);
    const done = nextFew(worker, 'completed', 5);
    desk.end();
    await until(() => desk.begun.length === 5);
    desk.end();
    await done;
  });

  it.each(['pause', 'close'] as const)(
    'gives back at %s what it has not begun, the first in front',
    async (how) => {
      const queue = lab.queue();
      await queue.addBulk(some(6));
      const desk = new Desk();
      const worker = lab.worker(desk.process, { prefetch: 4 });
      await until(async () => (await queue.getActiveCount()) === 5);

      const over = worker[how]();
      await until(async () => (await queue.getActiveCount()) === 1);
      desk.end();
      await over;

      expect(desk.begun).toEqual(['1']);
      expect((await queue.getWaiting()).map(({ id }) => id)).toEqual(['2', '3', '4', '5', '6']);
      expect((await queue.getJob('2'))!.attemptsMade).toBe(0);
      expect((await queue.getJob('1'))!.returnvalue).toBeNull();
    },
  );

  it('goes on after a pause', async () => {
    const queue = lab.queue();
    await queue.addBulk(some(6));
    const worker = lab.worker(async () => {}, { prefetch: 4, autorun: false });
    void worker.run();
    await worker.pause();

    const done = nextFew(worker, 'completed', await queue.getWaitingCount());
    await worker.resume();
    await done;
    expect(await queue.getCompletedCount()).toBe(6);
  });

  it('does not begin a job that was cancelled meanwhile: it fails', async () => {
    const queue = lab.queue();
    await queue.addBulk(some(2));
    const desk = new Desk();
    const worker = lab.worker(desk.process, { prefetch: 1 });
    await until(async () => (await queue.getActiveCount()) === 2);

    expect(await queue.cancel('2', 'no longer wanted')).toBe('cancelling');
    await until(() => heldBy(worker).some((run) => run.cancelled !== undefined));
    const failed = next(worker, 'failed');
    desk.end();

    const [job, error] = (await failed) as [Job, Error];
    expect([job.id, error]).toEqual(['2', expect.any(JobCancelledError)]);
    expect(desk.begun).toEqual(['1']);
  });

  it('does not begin a job whose lock was lost meanwhile', async () => {
    const queue = lab.queue();
    await queue.addBulk(some(2));
    const desk = new Desk();
    const worker = lab.worker(desk.process, {
      prefetch: 1,
      lockDuration: 2000,
      lockRenewTime: 30,
      stalledInterval: 10_000,
    });
    await until(async () => (await queue.getActiveCount()) === 2);

    const lost = next(worker, 'lockRenewalFailed');
    await lab.client.zadd(lab.keys.of('active'), 1, '2');
    const other = lab.worker(async () => {}, { stalledInterval: 20 });
    const taken = next(other, 'completed');
    expect(await lost).toEqual([['2']]);
    await taken;
    const done = next(worker, 'completed');
    desk.end();
    await done;

    expect(desk.begun).toEqual(['1']);
    expect(await queue.getCompletedCount()).toBe(2);
  });

  it.each([
    [{ prefetch: 0 }, 'prefetch'],
    [{ prefetch: 1001 }, 'prefetch'],
    [{ prefetch: 2, batch: { size: 3 } }, 'prefetch'],
  ])('refuses %j', (options, name) => {
    const make = (): unknown => new Worker(lab.name, async () => {}, { autorun: false, ...options } as never);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(name);
  });
});
