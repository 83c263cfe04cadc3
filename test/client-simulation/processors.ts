import {
  defineSteps,
  DelayedError,
  type Job,
  type Processor,
  sleep,
  type StepContext,
  waitForChildren,
  waitForSignal,
} from '../../lib/engine.js';
import type { Ledger, Running } from './ledger.js';
import { ORDERS, PARCELS, type Program, TICKS } from './program.js';

export const POLICIES = [
  'failParentOnFailure',
  'ignoreDependencyOnFailure',
  'continueParentOnFailure',
  'removeDependencyOnFailure',
] as const;
export type Policy = (typeof POLICIES)[number];

/** What a job is to go through; it follows from the job alone, so that every run of it does the same. */
export interface Task {
  tag: string;
  /** Attempts that fail before one succeeds; more than it has attempts, and it fails for good. */
  fails: number;
  /** Attempts that it has. */
  tries: number;
  /** Of a parent one of whose children fails: what that means for it. */
  family?: Policy;
  workMs: number;
  /** Of orders: the longest steps. */
  napMs?: number;
  children?: number;
  signal?: boolean;
}

/** Questions about Redis that are asked before anything else happens there. */
export type Ask = (question: { run: Running; step?: string; settled?: boolean }) => void;

export function processorsOf(program: Program, ledger: Ledger, ask: Ask): Record<string, Processor> {
  const enter = (job: Job, signal: AbortSignal): Running => {
    const run: Running = {
      process: program.name,
      queue: job.queueName,
      jobId: job.id,
      tag: (job.data as Task).tag,
      token: job.token ?? '',
      signal,
      isLimited: job.opts.limits !== undefined,
      lostSince: undefined,
    };
    ledger.running.add(run);
    return run;
  };

  /** A step or a plain run, from its begin to its end. */
  const during = async <T>(
    job: Job,
    signal: AbortSignal,
    step: string | undefined,
    work: () => Promise<T>,
    settled = false,
  ): Promise<T> => {
    const run = enter(job, signal);
    ask({ run, ...(step === undefined ? {} : { step }), settled });
    try {
      return await work();
    } finally {
      ledger.running.delete(run);
    }
  };

  const parcel: Processor<Task> = (job, _token, signal) => {
    const { name, data } = job;
    const isSettled = name === 'parent' && data.family !== 'continueParentOnFailure';
    return during(job, signal!, undefined, () => deliver(job), isSettled);
  };

  const deliver = async (job: Job<Task>): Promise<string> => {
    const { fails, workMs, tag } = job.data;
    await program.sleep(workMs);
    if (tag.endsWith('-moved') && !job.progress) {
      await job.updateProgress(1);
      await job.moveToDelayed(program.runtime.now() + 20, job.token);
      throw new DelayedError();
    }
    if (job.attemptsMade < fails) throw new Error(`attempt ${job.attemptsMade}`);
    return `${tag} done`;
  };

  const step =
    (name: string, work: (job: Job<Task>, ctx: StepContext) => unknown, settled = false) =>
    (job: Job<Task>, ctx: StepContext) =>
      during(
        job,
        ctx.signal,
        name,
        async () => {
          await program.sleep(job.data.workMs);
          return work(job, ctx);
        },
        settled,
      );

  const order = defineSteps({
    reserve: {
      run: step('reserve', (job) => `${job.data.tag} reserved`),
      compensate: step('undo:reserve', () => {}),
    },
    nap: step('nap', (job) => (job.data.napMs ? sleep(job.data.napMs) : 'awake')),
    charge: {
      run: step('charge', (job, ctx) => {
        if (ctx.attempt <= job.data.fails) throw new Error(`charge ${ctx.attempt}`);
        return `${String(ctx.result('reserve'))}, charged`;
      }),
      attempts: 3,
      backoff: { type: 'exponential', delay: 30, jitter: 0.5 },
      compensate: step('undo:charge', () => {}),
    },
    gather: step('gather', async (job, ctx) => {
      const { children = 0, tag } = job.data;
      if (children === 0) return 'nothing to gather';
      await ctx.addChildren(
        Array.from({ length: children }, (_, i) => ({
          queueName: i % 3 === 2 ? ORDERS : PARCELS,
          name: 'child',
          data: { tag: `${tag}/${i}`, fails: 0, tries: 3, workMs: 5 } satisfies Task,
        })),
      );
      return waitForChildren();
    }),
    approve: step(
      'approve',
      (job) => (job.data.signal ? waitForSignal('approval', { timeout: 2000 }) : 'fine'),
      true,
    ),
    finish: step('finish', (job, ctx) => `${String(ctx.result('charge'))}, finished ${job.data.tag}`, true),
  });

  const tick: Processor = (job, _token, signal) =>
    during(job, signal!, undefined, async () => {
      ledger.count(`tick of ${job.repeatJobKey}`);
      await program.sleep(job.id.length % 2 === 0 ? 0 : 300);
    });

  return { [ORDERS]: order as Processor, [PARCELS]: parcel as Processor, [TICKS]: tick };
}
