// A worker whose process ends itself, without a word, at one point of a job with six steps.
import { appendFileSync } from 'node:fs';
import { Job, Worker, type WorkerOptions } from '../../lib/engine.js';
import type { JobWrite } from '../../lib/job/job-write.js';
import { type Kill, SIX, sixSteps } from './six-steps.js';

export interface StepperOrders {
  queue: string;
  ledger: string;
  options: WorkerOptions;
  kill: Kill;
}

const { queue, ledger, options, kill } = JSON.parse(process.argv[2] ?? '') as StepperOrders;
const end = (): void => void process.kill(process.pid, 'SIGKILL');
const isLast = kill.step === SIX.at(-1);

// What ends a step goes through the job, but for the last one, which the worker writes as it ends the run.
const write = Job.prototype.write;
Job.prototype.write = async function endsHere(this: Job, entry: JobWrite): Promise<string> {
  const isHere = (entry[0] === 'step' || entry[0] === 'pass-step') && entry[3] === kill.step;
  const answer = write.call(this, entry);
  if (isHere && kill.at === 'sent') setImmediate(end);
  const word = await answer;
  if (isHere && kill.at === 'kept') end();
  return word;
};

const worker = new Worker(
  queue,
  sixSteps(
    (what, step) => appendFileSync(ledger, `${what} ${step}\n`),
    (at, step) => {
      if (step !== kill.step) return;
      if (at === kill.at) end();
      if (isLast && at === 'effect' && kill.at === 'sent') setTimeout(end, 0);
    },
  ),
  options,
);
worker.on('error', () => {});
worker.on('completed', () => kill.at === 'kept' && end());
process.on('disconnect', () => process.exit(0));
