import { describe, expect, it } from '@jest/globals';
import {
  defineSteps,
  type JobEvent,
  JobOfSchedulerError,
  type JobSchedulerTemplateOptions,
  QueueEvents,
  type QueueOptions,
  sleep,
  UnknownLimitError,
  Worker,
} from '../../lib/engine.js';
import { ScheduleLab } from '../support/schedule-lab.js';

const START = Date.UTC(2026, 2, 2, 12, 0, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const lab = ScheduleLab.open(START);

describe('a job scheduler', () => {
  it('is one, with one job, however many processes say so at once', async () => {
    const queues = Array.from({ length: 20 }, () => lab.queue());

    const jobs = await Promise.all(
      queues.map((queue) => queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'UTC' })),
    );

    expect(new Set(jobs.map((job) => job?.id))).toEqual(new Set([`repeat:nightly:${START + 15 * HOUR}`]));
    expect(await queues[0]!.getJobSchedulersCount()).toBe(1);
    expect(await queues[0]!.count()).toBe(1);
  });

  it('is listed by its next slot', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('later', { every: HOUR, startDate: START + 20_000 });
    await queue.upsertJobScheduler('now', { every: HOUR });
    await queue.upsertJobScheduler(
      'soon',
      { every: HOUR, startDate: START + 10_000 },
      { opts: { attempts: 2 } },
    );

    const keys = async (...page: [number?, number?, boolean?]) =>
      (await queue.getJobSchedulers(...page)).map(({ key }) => key);
    expect(await keys()).toEqual(['later', 'soon', 'now']);
    expect(await keys(0, -1, true)).toEqual(['now', 'soon', 'later']);
    expect(await keys(1, 1, true)).toEqual(['soon']);
    expect(await queue.getJobScheduler('none')).toBeUndefined();
    expect(await queue.getJobScheduler('soon')).toEqual({
      key: 'soon',
      name: 'soon',
      every: HOUR,
      startDate: START + 10_000,
      next: START + 10_000,
      iterationCount: 1,
      template: { opts: { attempts: 2 } },
    });
  });

  it('gives its jobs the options of the queue and the template, and data through the codec', async () => {
    const codec = {
      serialize: (value: unknown) => ({ wrapped: value }),
      deserialize: (value: unknown) => (value as { wrapped: unknown }).wrapped,
    };
    const queue = lab.queue({ codec, defaultJobOptions: { attempts: 3, delay: 5000, priority: 2 } });

    const job = await queue.upsertJobScheduler('a', { every: HOUR }, { data: [1], opts: { priority: 7 } });

    expect(job).toMatchObject({ data: [1], priority: 7, delay: 0, opts: { attempts: 3, priority: 7 } });
    expect((await queue.getJob(job?.id ?? ''))?.opts).toEqual(job?.opts);
    expect((await queue.getJobScheduler('a'))?.template).toEqual({ data: [1], opts: { priority: 7 } });
    expect(await queue.getJobState(job?.id ?? '')).toBe('prioritized');
  });

  it('cannot have its next job removed', async () => {
    const queue = lab.queue();
    const job = await queue.upsertJobScheduler('a', { every: HOUR });

    const removals = [job!.remove(), queue.remove(job!.id)];

    for (const { reason } of (await Promise.allSettled(removals)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({
        code: -8,
        message: expect.stringContaining(
          `Job ${job!.id} belongs to a job scheduler and cannot be removed directly.`,
        ),
      });
    }
    await queue.drain(true);
    expect(await queue.clean(0, 0, 'waiting')).toEqual([]);
    expect(await queue.count()).toBe(1);
    expect(await queue.removeJobScheduler('a')).toBe(true);
    expect(await queue.removeJobScheduler('a')).toBe(false);
    expect(await queue.remove(job!.id)).toBe(1);
  });

  it('says when all next slots are taken', async () => {
    const queue = lab.queue();
    for (let i = 0; i < 40; i += 1) await queue.add('x', {}, { jobId: `repeat:a:${START + i * 10}` });

    await expect(queue.upsertJobScheduler('a', { every: 10 })).rejects.toMatchObject({ code: -11 });
    expect(await queue.getJobSchedulersCount()).toBe(0);
  });

  it.each([
    [{ jobId: 'x' }, 'Invalid opts.jobId: "x". The ids of its jobs follow'],
    [{ delay: 5 }, 'Invalid opts.delay: 5. Its jobs are due at their slots'],
    [{ parent: { id: '1', queue: 'q' } }, 'Invalid opts.parent'],
    [{ repeat: { every: 5 } }, 'Invalid repeat: an object. Use queue.upsertJobScheduler'],
    [{ attempts: 0 }, 'Invalid attempts: 0.'],
  ])('refuses a template with %j', async (opts, message) => {
    const queue = lab.queue();

    await expect(queue.upsertJobScheduler('a', { every: 5 }, { opts: opts as never })).rejects.toThrow(
      message,
    );
    await expect(queue.add('a', {}, { repeat: { every: 5 } as never })).rejects.toThrow('Invalid repeat');
    await expect(queue.upsertJobScheduler('', { every: 5 })).rejects.toThrow('Invalid job scheduler id');
    expect(await queue.getJobSchedulersCount()).toBe(0);
  });

  it('can be paused, run by hand and resumed', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('a', { pattern: '*/10 * * * *' });
    lab.worker();
    await lab.time.advance('25m');

    expect(await queue.pauseJobScheduler('a')).toBe(true);
    expect(await queue.pauseJobScheduler('a')).toBe(false);
    expect(await queue.upsertJobScheduler('a', { pattern: '*/10 * * * *' })).toBeUndefined();
    await lab.time.advance('3d');
    const byHand = await queue.runJobSchedulerNow('a');
    await lab.time.advance('1m');
    expect(await queue.getJobScheduler('a')).toMatchObject({ paused: true });
    expect(await queue.resumeJobScheduler('a')).toBe(true);
    expect(await queue.resumeJobScheduler('a')).toBe(false);
    await lab.time.advance('10m');

    const threeDays = 3 * 24 * HOUR + 25 * MINUTE;
    expect(lab.slots()).toEqual([10 * MINUTE, 20 * MINUTE, threeDays, threeDays + 5 * MINUTE]);
    expect(byHand.repeatJobKey).toBe('a');
    await expect(queue.pauseJobScheduler('b')).rejects.toMatchObject({ code: 'JOB_SCHEDULER_NOT_FOUND' });
    await expect(queue.runJobSchedulerNow('b')).rejects.toMatchObject({ code: 'JOB_SCHEDULER_NOT_FOUND' });
  });

  it('may have a strategy of its own, asked until it has none', async () => {
    const settings = {
      repeatStrategy: (ms: number, { pattern }: { pattern?: string }) =>
        ms < START + 50_000 ? Math.floor(ms / 10_000) * 10_000 + Number(pattern) : undefined,
    };
    const queue = lab.queue({ settings });
    const job = await queue.upsertJobScheduler('a', { pattern: '10000' });
    lab.worker({ settings });
    await lab.time.advance('5m');

    expect(job?.delay).toBe(10_000);
    expect(lab.slots()).toEqual([10_000, 20_000, 30_000, 40_000, 50_000]);
    expect(await queue.count()).toBe(0);
  });

  it('tells the worker that lacks the strategy, and goes on with one that has it', async () => {
    const settings = { repeatStrategy: (ms: number) => ms + 10_000 };
    const queue = lab.queue({ settings });
    await queue.upsertJobScheduler('a', { pattern: 'x' });
    const errors: Error[] = [];
    const worker = lab.worker();
    worker.on('error', (error) => errors.push(error));
    await lab.time.advance('1m');
    await worker.close();

    expect(errors[0]?.message).toContain(
      'Failed to add repeatable job for next iteration: the slots of the job',
    );
    expect(lab.slots()).toHaveLength(2);
    lab.worker({ settings });
    await lab.time.advance('1m');
    expect(lab.slots().length).toBeGreaterThan(4);
  });

  it('is planned by whoever looks for stalled jobs, where nobody else did', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('a', { pattern: '* * * * *' });
    const manual = new Worker('clock', null, { connection: lab.time.connection });
    manual['parts'].stalls.stop();
    manual['parts']['planner'].need = () => {};
    for (let i = 0; i < 20; i += 1) {
      await lab.time.advance('1m');
      const job = await manual.getNextJob(`t${i}`, { block: false });
      await job?.moveToCompleted(1, `t${i}`);
    }
    await manual.close();
    expect(await queue.count()).toBe(0);
    expect((await queue.getJobScheduler('a'))?.next).toBe(START + 15 * MINUTE);

    lab.worker();
    await lab.time.advance('2m');
    expect(lab.slots()).toEqual([20 * MINUTE, 21 * MINUTE, 22 * MINUTE]);
  });

  it('spreads schedulers and jitters slots, the same for all who ask', async () => {
    const queue = lab.queue();
    const delays = new Set<number>();
    for (let i = 0; i < 12; i += 1) {
      const options = { pattern: '0 * * * *', spread: 10 * MINUTE };
      delays.add((await queue.upsertJobScheduler(`s${i}`, options))?.delay ?? 0);
    }
    expect(delays.size).toBeGreaterThan(9);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(HOUR);
    expect(Math.max(...delays)).toBeLessThan(HOUR + 10 * MINUTE);

    await queue.upsertJobScheduler('j', { every: HOUR, jitter: MINUTE });
    lab.worker();
    await lab.time.advance('6h');
    const late = lab.ran.filter(({ id }) => id.startsWith('repeat:j:')).map(({ at, slot }) => at - slot);
    expect(lab.slots('j')).toEqual([0, 1, 2, 3, 4, 5].map((hour) => hour * HOUR));
    expect(new Set(late).size).toBeGreaterThan(3);
    expect(Math.max(...late)).toBeLessThan(MINUTE + 10);
  });

  it('brings jobs with steps', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('a', { every: HOUR, overlap: 'skip' });
    const seen: number[] = [];
    const steps = defineSteps({
      one: () => seen.push(lab.time.now - START),
      rest: () => sleep(90 * MINUTE),
      two: () => seen.push(lab.time.now - START),
    });
    const worker = new Worker('clock', steps, { connection: lab.time.connection });
    lab.closeLast(() => worker.close());

    await lab.time.advance(3 * HOUR);

    expect(seen.map((ms) => Math.round(ms / MINUTE))).toEqual([0, 90, 120]);
  });

  it('takes a deduplication in its template', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('a', { every: HOUR }, { opts: { deduplication: { id: 'once' } } });
    await queue.upsertJobScheduler('b', { every: HOUR }, { opts: { deduplication: { id: 'once' } } });
    expect(await queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 1, delayed: 1 });
    lab.worker();
    await lab.time.advance('90m');

    expect(lab.slots('a')).toEqual([0]);
    expect(lab.slots('b')).toEqual([HOUR]);
  });
});

describe('events', () => {
  it('tell which slots fired, were missed, and were skipped', async () => {
    const queue = lab.queue();
    const told: Partial<JobEvent>[] = [];
    const events = new QueueEvents('clock', { connection: lab.time.connection });
    lab.closeLast(() => events.close());
    await events.waitUntilReady();
    const note = (event: string) => (args: object) => told.push({ event, ...args } as never);
    events.on('schedule-fired', note('fired'));
    events.on('schedule-missed', note('missed'));
    events.on('schedule-skipped', note('skipped'));
    await queue.upsertJobScheduler('a', { every: MINUTE, overlap: 'skip' });
    await lab.time.advance(3 * MINUTE + 30_000);
    const ends: (() => void)[] = [];
    lab.worker({ concurrency: 2 }, () => new Promise<void>((resolve) => ends.push(resolve)));
    await lab.time.advance('1m');
    ends.forEach((end) => end());
    await lab.time.settle();

    const job = (minute: number) => ({
      schedulerId: 'a',
      jobId: `repeat:a:${START + minute * MINUTE}`,
      slot: START + minute * MINUTE,
    });
    expect(told).toEqual([
      expect.objectContaining({ event: 'fired', ...job(0) }),
      expect.objectContaining({
        event: 'missed',
        schedulerId: 'a',
        count: 3,
        from: START + MINUTE,
        to: START + 3 * MINUTE,
      }),
      expect.objectContaining({ event: 'skipped', ...job(4), reason: 'overlap' }),
    ]);
  });

  it('does not stop by the cancelling of its next job, which is refused', async () => {
    const queue = lab.queue();
    const job = await queue.upsertJobScheduler('a', { every: MINUTE, startDate: START + 30_000 });

    await expect(queue.cancel(job!.id)).rejects.toThrow(JobOfSchedulerError);
    lab.worker();
    await lab.time.advance('2m');
    expect(lab.ran).toHaveLength(2);
  });

  it.each<[string, Partial<QueueOptions>, JobSchedulerTemplateOptions]>([
    ['template', {}, { limits: ['one'] }],
    ['defaults', { defaultJobOptions: { limits: ['one'] } }, {}],
    ['queue', { limitsOf: () => ['one'] }, {}],
  ])('brings jobs that wait for limits as others do: of the %s', async (_whose, options, opts) => {
    const queue = lab.queue({ limits: { one: { concurrency: 1 } }, ...options });
    const done: (() => void)[] = [];
    lab.worker({ concurrency: 9 }, () => new Promise<void>((resolve) => done.push(resolve)));
    for (const id of ['a', 'b', 'c']) {
      await queue.upsertJobScheduler(id, { every: MINUTE }, { opts });
    }

    await lab.time.advance('61s');
    expect(lab.slots()).toEqual([0]);
    const [waiting] = await queue.getWaiting();
    expect((await queue.explain(waiting!.id)).reasons).toMatchObject([
      { why: 'limited', limit: { name: 'one' } },
    ]);
    for (const more of [2, 3, 4]) {
      done.shift()!();
      await lab.time.settle();
      expect(lab.ran).toHaveLength(more);
    }
    for (const end of done) end();
  });

  it('refuses limits that are not there, before anything is written', async () => {
    const queue = lab.queue();

    await expect(
      queue.upsertJobScheduler('a', { every: MINUTE }, { opts: { limits: ['none'] } }),
    ).rejects.toThrow(UnknownLimitError);
    expect(await queue.getJobSchedulersCount()).toBe(0);
  });

  it('explains that a slot waits for the run before it', async () => {
    const queue = lab.queue();
    let end = (): void => undefined;
    lab.worker({ concurrency: 5 }, () => new Promise<void>((resolve) => (end = resolve)));
    await queue.upsertJobScheduler('a', { every: MINUTE, overlap: 'queue' });

    await lab.time.advance('61s');
    const [held] = await queue.getDelayed();
    expect((await queue.explain(held!.id)).reasons).toEqual([
      { why: 'waits-for-run', jobId: `repeat:a:${START}` },
    ]);
    end();
    await lab.time.settle();
    end();
  });

  it.each([true, false])(
    'takes a new grid while it is paused, and goes on with that: in the past %s',
    async (past) => {
      const queue = lab.queue();
      lab.worker();
      await queue.upsertJobScheduler('a', { every: HOUR });
      await lab.time.advance('10m');
      await queue.pauseJobScheduler('a');
      const startDate = START + 12 * MINUTE;
      await queue.upsertJobScheduler('a', { every: 5 * MINUTE, startDate });
      expect(await queue.getJobScheduler('a')).toMatchObject({ next: startDate, paused: true });

      await lab.time.advance(past ? '8m' : '1m');
      await queue.resumeJobScheduler('a');
      await lab.time.advance('20m');
      const expected = past ? [22, 27, 32, 37] : [12, 17, 22, 27];
      expect(lab.slots().map((slot) => slot / MINUTE)).toEqual([0, ...expected]);
    },
  );

  it('begins with the first slot of now where it had none before', async () => {
    const queue = lab.queue();
    lab.worker();
    expect(await queue.upsertJobScheduler('a', { every: MINUTE, limit: 0, missed: 'all' })).toBeUndefined();
    await lab.time.advance('10m');
    await queue.upsertJobScheduler('a', { every: MINUTE, missed: 'all' });
    await lab.time.settle();
    expect(lab.slots()).toEqual([10 * MINUTE]);
  });

  it.each(['remove', 'clean'] as const)('lets a held slot go on after %s of the run before', async (way) => {
    const queue = lab.queue();
    let runs = 0;
    lab.worker({}, () => {
      runs += 1;
      if (runs === 1) throw new Error('no');
    });
    const retried = { attempts: 2, backoff: { type: 'fixed', delay: 10 * MINUTE } };
    const job = await queue.upsertJobScheduler('a', { every: MINUTE, overlap: 'queue' }, { opts: retried });
    await lab.time.advance('90s');
    expect(runs).toBe(1);

    await (way === 'remove' ? queue.remove(job!.id) : queue.clean(0, 100, 'delayed'));
    expect(await queue.getJob(job!.id)).toBeUndefined();
    await lab.time.advance('10s');
    expect(runs).toBe(2);
  });

  it('puts off a job that is due with the slot that stands for it', async () => {
    const queue = lab.queue();
    const deduplication = { id: 'd', reschedule: true };
    await queue.upsertJobScheduler('a', { every: HOUR, startDate: START + 300 }, { opts: { deduplication } });
    const job = await queue.add('x', {}, { delay: 600, deduplication });
    await lab.time.advance(900);
    lab.worker({ concurrency: 3 });
    await lab.time.advance('1m');

    expect(lab.ran.filter(({ id }) => id === job.id)).toHaveLength(1);
  });
});
