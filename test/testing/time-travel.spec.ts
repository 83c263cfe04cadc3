import { afterEach, describe, expect, it } from '@jest/globals';
import { defineSteps, Queue, QueueEvents, sleep, Worker } from 'stepwell/engine';
import { createTimeTravel, type TimeTravel } from 'stepwell/testing';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function travel(options = {}): Promise<TimeTravel> {
  const time = await createTimeTravel({ redis: process.env['STEPWELL_TEST_REDIS_URL'] as string, start: 1_800_000_000_000, ...options });
  open.push(time);
  return time;
}
function keep<T extends { close(): Promise<void> }>(made: T): T {
  open.push(made);
  return made;
}

async function threeDays(): Promise<string[]> {
  const time = await createTimeTravel({ redis: process.env['STEPWELL_TEST_REDIS_URL'] as string, start: 1_800_000_000_000 });
  const { connection } = time;
  const trace: string[] = [];
  const note = (line: string): void => void trace.push(`${time.now - 1_800_000_000_000} ${line}`);
  let bank = 2;
  const steps = defineSteps({
    reserve: () => note('reserve'),
    charge: {
      attempts: 3,
      backoff: { type: 'exponential', delay: 60_000, jitter: 0.5 },
      run: () => {
        note('charge');
        if (--bank > 0) throw new Error('no');
        return 5;
      },
    },
    wait: () => sleep(3 * 24 * 3600_000),
    ship: () => note('ship'),
  });
  const queue = new Queue('orders', { connection });
  const worker = new Worker('orders', steps, { connection });
  const events = new QueueEvents('orders', { connection });
  await events.waitUntilReady();
  events.on('stalled', ({ jobId }) => note(`stalled ${jobId}`));
  events.on('step-failed', ({ step }) => note(`failed ${step}`));
  events.on('completed', ({ jobId }) => note(`completed ${jobId}`));
  time.crash('after the effect of charge');
  time.crash('before ship');
  const job = await queue.add('order', {});
  await time.runUntilIdle();
  note(await job.getState());
  await worker.close();
  await events.close();
  await queue.close();
  await time.close();
  return trace;
}

describe('a workflow of three days with two crashes and a backoff', () => {
  it('runs in no time, and in the same way each time', async () => {
    const began = performance.now();
    const first = await threeDays();
    console.log(first.join('\n'), performance.now() - began);
    const ms = performance.now();
    for (let i = 0; i < 100; i += 1) expect(await threeDays()).toEqual(first);
    console.log((performance.now() - ms) / 100);
  });
});
