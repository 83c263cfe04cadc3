import { expect, it } from '@jest/globals';
import { defineSteps, sleep, waitForSignal } from 'stepwell/engine';
import { stepwellMatchers, type StepwellMatchers } from 'stepwell/testing';
import { TimeLab } from './time-lab.js';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>> extends StepwellMatchers<R> {}
}
expect.extend(stepwellMatchers);
const lab = new TimeLab();

it('matchers read a job as it is, and say what they found', async () => {
  const time = await lab.travel();
  lab.worker(
    defineSteps({
      reserve: { run: () => sleep(1000), compensate: () => {} },
      ask: () => waitForSignal('go', { timeout: 1000 }),
      ship: () => {
        throw new Error('no parcel left');
      },
    }),
  );
  const job = await lab.queue().add('job', {});
  await time.settle();
  await expect(job).toBeSleeping();
  await expect(job).toHaveCompleted('reserve');
  await expect(job).not.toHaveCompleted();
  await time.advance(1001);
  await expect(job).toBeAwaitingSignal('ask');
  await expect(job).not.toBeSleeping();
  await time.runUntilIdle();
  await expect(job).toHaveFailed();
  await expect(job).toHaveFailed('ship', 'no parcel');
  await expect(job).toHaveUndone('reserve');
  const steps = await job.getSteps();
  expect(steps).toHaveCompleted('reserve', 'ask');
  expect(() => expect(steps).toHaveCompleted('ship')).toThrow(
    /ship completed[\s\S]*ship failed \(no parcel left\)/,
  );
  await expect(expect(job).toBeWaitingForChildren()).rejects.toThrow('Found: failed');
});

it.each([undefined, 'job', {}])('a matcher refuses %s', (value) => {
  expect(() => expect(value).toHaveCompleted('x')).toThrow(TypeError);
});
