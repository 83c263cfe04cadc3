// Run by `npm run check`: the test kit in a program without Nest.
import { defineSteps, Queue, sleep, Worker } from 'stepwell/engine';
import { createTimeTravel, runStep } from 'stepwell/testing';

const steps = defineSteps({
  first: () => sleep(3 * 24 * 3600_000, { value: 1 }),
  second: (_job, ctx) => Number(ctx.result('first')) + 1,
});

async function main(): Promise<void> {
  const { result } = await runStep(steps, 'second', { results: { first: 41 } });
  if (result !== 42) throw new Error(`the step came to ${result}`);

  const time = await createTimeTravel();
  const queue = new Queue('jobs', { connection: time.connection });
  const worker = new Worker('jobs', steps, { connection: time.connection });
  const job = await queue.add('job', {});
  await time.advance('3d');
  await time.runUntilIdle();
  if (!(await job.isCompleted())) throw new Error(`the job is ${await job.getState()}`);
  await worker.close();
  await queue.close();
  await time.close();
  console.log('it works');
}

void main();
