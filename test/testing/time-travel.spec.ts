import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { defineSteps, type Job, next, sleep, waitForChildren, waitForSignal } from 'stepwell/engine';
import { type TimeTravel, TimeTravelError } from 'stepwell/testing';
import { Gate } from '../support/engine-lab.js';
import { threeDays } from './three-days.js';
import { TimeLab } from './time-lab.js';

const DAY = 24 * 3600_000;
const lab = new TimeLab();

describe('a workflow of three days with two crashes and a backoff', () => {
  it('goes the same way each time, at the times at which it would', async () => {
    const first = await threeDays(lab);
    expect(first.filter((line) => line.includes('- '))).toEqual([
      '0 - reserve',
      '0 - charge',
      // After the backoff; the crash is noticed when the lock has run out.
      expect.stringMatching(/^\d{5} - charge$/),
      '90000 - charge',
      expect.stringMatching(/^2593\d{5} - ship$/),
    ]);
    expect(first.at(-1)).toMatch(/ completed$/);
    for (let i = 0; i < 4; i += 1) {
      expect(await threeDays(lab)).toEqual(first);
    }
  });
});

describe('what follows virtual time', () => {
  let time: TimeTravel;
  const ran: number[] = [];
  const start = async (...options: Parameters<TimeLab['travel']>): Promise<void> => {
    time = await lab.travel(...options);
    ran.length = 0;
  };
  const note = (): void => void ran.push(lab.elapsedMs);

  it('a delay, to the millisecond', async () => {
    await start();
    lab.worker(note);
    await lab.queue().add('job', {}, { delay: 3 * DAY });

    await time.advance(3 * DAY - 1);
    expect(ran).toEqual([]);
    await time.advance(2);
    // A worker looks a moment later, if it does not look just then for another reason.
    expect(ran).toHaveLength(1);
    expect(ran[0]! - 3 * DAY).toBeLessThanOrEqual(1);
  });

  it('backoff between attempts', async () => {
    await start();
    lab.worker(() => {
      note();
      throw new Error('no');
    });
    const backoff = { type: 'exponential', delay: 60_000 } as const;
    const job = await lab.queue().add('job', {}, { attempts: 4, backoff });

    await time.runUntilIdle();
    expect(ran.map((ms) => Math.floor(ms / 1000))).toEqual([0, 60, 180, 420]);
    expect(await job.getState()).toBe('failed');
  });

  it('sleeps, also until a date, and the time-out of a wait for a signal', async () => {
    await start();
    lab.worker(
      defineSteps({
        first: () => sleep(7 * DAY),
        second: () => sleep(new Date(time.now + DAY)),
        third: () => waitForSignal('go', { timeout: DAY }),
        last: (_job, ctx) => ctx.result('third'),
      }),
    );
    const job = await lab.queue().add('job', {});

    await time.advance('9d');
    expect(await job.getState()).not.toBe('completed');
    await time.advance('1m');
    expect((await job.getSteps()).at(-1)?.result).toEqual({ timedOut: true });
  });

  it('a wait for a signal without a timeout stays, and one that is over moves no time', async () => {
    await start();
    lab.worker(defineSteps({ ask: () => waitForSignal('go'), last: () => 'gone' }));
    const job = await lab.queue().add('job', {});
    await time.runUntilIdle();
    expect((await job.getSteps()).at(-1)?.status).toBe('awaiting');
    await job.signal('go');
    await time.runUntilIdle();
    expect(await job.getState()).toBe('completed');
    expect(lab.elapsedMs).toBeLessThan(1000);
  });

  it('the timeout of a step whose code waits for ever, and of a job', async () => {
    await start({ patienceMs: 20 });
    const worker = lab.worker(
      defineSteps({ stuck: { timeout: 60_000, run: () => new Promise<void>(() => {}) } }),
    );
    const job = await lab.queue().add('job', {});
    await time.advance('59s');
    expect(await job.getState()).toBe('active');
    await time.advance('2s');
    expect(await job.getState()).toBe('failed');
    await worker.close();
  });

  it('the lock of a job that is fetched by hand', async () => {
    await start();
    const worker = lab.worker(null, { lockDuration: 60_000, stalledInterval: 60_000 });
    await worker.startStalledCheckTimer();
    const added = await lab.queue().add('job', {});
    const job = (await worker.getNextJob('mine')) as Job;

    await time.advance('59s');
    expect(await added.getState()).toBe('active');
    await time.advance('2m');
    expect(await added.getState()).toBe('waiting');
    await expect(job.moveToCompleted('late', 'mine')).rejects.toThrow('it is not active');
  });

  it('renewals: a job that works for hours is not taken from its worker', async () => {
    await start({ patienceMs: 20 });
    const gate = new Gate();
    let starts = 0;
    const worker = lab.worker(async () => {
      starts += 1;
      await gate.passed;
    });
    const job = await lab.queue().add('job', {});

    await time.advance('2h');
    expect([await job.getState(), starts]).toEqual(['active', 1]);
    gate.open();
    await time.settle();
    expect(await job.getState()).toBe('completed');
    await worker.close();
  });

  it('the ttl of a deduplication, and not the time of Redis', async () => {
    await start();
    const queue = lab.queue();
    const deduplication = { id: 'one', ttl: 50 };
    const first = await queue.add('job', {}, { deduplication });
    await pause(120);
    const same = await queue.add('job', {}, { deduplication });
    await time.advance(50);
    const later = await queue.add('job', {}, { deduplication });
    expect([same.id, later.id]).toEqual([first.id, '3']);
  });

  it('rate limits', async () => {
    await start();
    lab.worker(note, { limiter: { max: 2, duration: 3_600_000 } });
    await lab.queue().addBulk(Array.from({ length: 5 }, () => ({ name: 'job', data: {} })));

    await time.runUntilIdle();
    expect(ran.map((ms) => Math.floor(ms / 3_600_000))).toEqual([0, 0, 1, 1, 2]);
  });

  it('retention by age', async () => {
    await start();
    lab.worker(note, { removeOnComplete: { age: 3600 } });
    const queue = lab.queue();
    await queue.add('job', {});
    await time.advance('59m');
    await queue.add('job', {});
    await time.settle();
    expect(await queue.getCompletedCount()).toBe(2);
    await time.advance('2m');
    await queue.add('job', {});
    await time.settle();
    expect(await queue.getCompletedCount()).toBe(2);
  });

  it('children in another queue, and who waits for them', async () => {
    await start();
    lab.worker(
      defineSteps({
        order: async (_job, ctx) => {
          await ctx.addChildren([{ name: 'parcel', queueName: 'parcels', opts: { delay: DAY } }]);
          return waitForChildren();
        },
        total: async (job) => Object.values(await job.getChildrenValues()),
      }),
    );
    lab.worker(() => 'sent', {}, 'parcels');
    const job = await lab.queue().add('order', {});
    const done = job.waitUntilFinished(await lab.events());
    await time.runUntilIdle();
    expect(await done).toEqual(['sent']);
  });
});

describe('a test', () => {
  it('has what waits for the outside waited for', async () => {
    const time = await lab.travel();
    lab.worker(async () => {
      await pause(50);
      return 'read';
    });
    const job = await lab.queue().add('job', {}, { delay: 1000 });
    await time.advance('1s');
    await time.advance(1);
    expect(await job.getState()).toBe('completed');
  });

  it('is not kept waiting when it closes a worker that is stuck', async () => {
    await lab.travel({ patienceMs: 20 });
    const worker = lab.worker(() => new Promise(() => {}));
    const job = await lab.queue().add('job', {});
    await lab.time.settle();
    await worker.close();
    expect(await job.getState()).toBe('waiting');
  });

  it('is told that a crash did not happen, and of what never ends', async () => {
    const time = await lab.travel();
    lab.worker(defineSteps({ rest: () => sleep(DAY), ask: () => next('rest') }));
    time.crash('before chrage');
    await lab.queue().add('job', {});
    await expect(time.runUntilIdle({ limit: '10d' })).rejects.toThrow(TimeTravelError);
    await expect(lab.close()).rejects.toThrow('before chrage');
  });

  it.each(['soon', '3 days', -1, Number.NaN] as never[])('cannot advance by %s', async (duration) => {
    const time = await lab.travel();
    await expect(time.advance(duration)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(lab.elapsedMs).toBe(0);
  });

  it('cannot crash at what is no point', async () => {
    const time = await lab.travel();
    expect(() => time.crash('during charge' as never)).toThrow('after the effect of charge');
  });

  it.each(['before pay', 'after the effect of pay', 'after pay', 'before undo:pay'] as const)(
    'has what was kept before a crash %s, and nothing more',
    async (point) => {
      const time = await lab.travel();
      const calls: string[] = [];
      lab.worker(
        defineSteps({
          pay: { run: () => void calls.push('pay'), compensate: () => void calls.push('undo') },
          ship: () => {
            calls.push('ship');
            throw new Error('no');
          },
        }),
      );
      time.crash(point);
      await lab.queue().add('job', {});
      await time.runUntilIdle();
      expect(calls).toEqual(
        {
          'before pay': ['pay', 'ship', 'undo'],
          'after the effect of pay': ['pay', 'pay', 'ship', 'undo'],
          'after pay': ['pay', 'ship', 'undo'],
          'before undo:pay': ['pay', 'ship', 'undo'],
        }[point],
      );
      expect(lab.elapsedMs).toBeGreaterThanOrEqual(30_000);
    },
  );
});
