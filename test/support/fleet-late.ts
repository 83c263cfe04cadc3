// A worker that notices that its process was stopped, and then writes whatever can be written on behalf of its jobs.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineSteps, type Job, Worker, type WorkerOptions } from '../../lib/engine.js';
import type { JobWrite } from '../../lib/job/job-write.js';

const { queue, ledger, options } = JSON.parse(process.argv[2] ?? '') as {
  queue: string;
  ledger: string;
  options: WorkerOptions;
};
const note = (line: string): void => appendFileSync(ledger, `${line}\n`);

/** Resolves after a pause in which nothing ran. */
async function untilStopped(): Promise<void> {
  for (let last = Date.now(); Date.now() - last < 900;) {
    last = Date.now();
    await sleep(20);
  }
}

async function tryAll(job: Job, token: string): Promise<void> {
  const raw = (...entry: readonly string[]): Promise<string> => job.write(entry as unknown as JobWrite);
  const next = ['b', '2,2,r,1', '0'];
  const writes: Record<string, () => Promise<unknown>> = {
    data: () => job.updateData('late'),
    progress: () => job.updateProgress(99),
    log: () => job.log('late'),
    clear: () => job.clearLogs(),
    emission: () => job.keepEmission('late', '"late"'),
    delay: () => job.moveToDelayed(Date.now() + 1, token),
    wait: () => job.moveToWait(token),
    complete: () => job.moveToCompleted('late', token),
    fail: () => job.moveToFailed(new Error('late'), token),
    begin: () => raw('begin-step', job.id, token, 'a', '1,1,r,1', '', ''),
    step: () => raw('step', job.id, token, 'a', '1,1,c,1', '"late"', ...next),
    sleep: () => raw('step', job.id, token, 'a', '1,1,c,1', '"late"', 'b', '', '2', 'postpone', '5'),
    'end-wait': () => raw('end-wait', job.id, token),
    lock: () => job.extendLock(token, 60_000),
  };
  for (const [name, write] of Object.entries(writes)) {
    const answer = await write().catch((error: { code?: string }) => error.code);
    note(`${job.name} ${name} ${String(answer)}`);
  }
}

const steps = defineSteps({
  a: async (job, ctx) => {
    ctx.signal.addEventListener('abort', () => note('steps abort'));
    note('steps start');
    await untilStopped();
    await tryAll(job, ctx.token);
    await ctx.save('late').catch(() => {});
    return 'late';
  },
  b: () => note('steps went on'),
});

const worker = new Worker(
  queue,
  async (job, token, signal) => {
    if (job.name === 'steps') return steps(job, token, signal);
    signal.addEventListener('abort', () => note('plain abort'));
    note('plain start');
    await untilStopped();
    await tryAll(job, token);
    return 'late';
  },
  options,
);
worker.on('error', (error) => note(`error ${(error as { code?: string }).code}`));
process.on('disconnect', () => process.exit(0));
