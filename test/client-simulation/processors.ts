import {
  type Batch,
  type BatchOptions,
  type BatchProcessor,
  defineSteps,
  DelayedError,
  type Job,
  type Processor,
  sleep,
  type StepContext,
  waitForChildren,
  waitForSignal,
  Worker,
} from '../../lib/engine.js';
import type { Ledger, Running } from './ledger.js';
import { ORDERS, PARCELS, type Program, type ProgramOptions, TICKS } from './program.js';

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

export function processorsOf(
  program: Program,
  ledger: Ledger,
  ask: Ask,
): Record<string, Processor | BatchProcessor> {
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
    ledger.faults.push(...crowded(run, ledger, program.options));
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

  const waitsForAll = ({ name, data }: Job<Task>): boolean =>
    name === 'parent' && data.family !== 'continueParentOnFailure';

  const parcel: Processor<Task> = (job, _token, signal) =>
    during(job, signal!, undefined, () => deliver(job), waitsForAll(job));

  /** Parcels that are delivered in one go. Each has its lock, its place in limits and its end. */
  const load = async (batch: Batch<Task>): Promise<void> => {
    ledger.faults.push(...wrongWith(batch, program.options.batch!));
    ledger.count(`a batch of ${Math.min(batch.length, 2)}`);
    const runs = batch.map((job) => enter(job, batch.signalOf(job)));
    runs.forEach((run, i) => ask({ run, settled: waitsForAll(batch[i]!) }));
    await program.sleep(Math.max(...batch.map(({ data }) => data.workMs)));
    for (const job of batch) {
      if (job.attemptsMade < job.data.fails) batch.setAsFailed(job, new Error(`attempt ${job.attemptsMade}`));
      else batch.setResult(job, `${job.data.tag} done`);
    }
    runs.forEach((run) => ledger.running.delete(run));
  };

  /** Somebody whom parcels go to wants fewer: no job of the queue, or of the group, starts for a while, and this one goes back. */
  const holdUp = async (job: Job<Task>): Promise<never> => {
    const worker = program.workers.find(({ name }) => name === job.queueName)!;
    ledger.movedIn(job.queueName).add(job.id);
    if (job.opts.group) await worker.rateLimitGroup(job, 30);
    else await worker.rateLimit(30);
    ledger.count(job.opts.group ? 'a group is held up' : 'a queue is held up');
    ledger.heldUp.add(job.data.tag);
    throw Worker.RateLimitError();
  };

  const deliver = async (job: Job<Task>): Promise<string> => {
    const { fails, workMs, tag } = job.data;
    await program.sleep(workMs);
    if (job.attemptsStarted === 2 && ledger.heldUp.has(tag) && job.attemptsMade > 0) {
      ledger.faults.push(`${tag} lost an attempt by holding up others`);
    }
    if (job.attemptsStarted === 1 && workMs === 5 && !tag.includes('/')) await holdUp(job);
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
          // A step that takes no time at all ends before its start has gone out.
          if (job.data.workMs > 0) await program.sleep(job.data.workMs);
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

  const parcels = program.options.batch ? load : parcel;
  return { [ORDERS]: order as Processor, [PARCELS]: parcels as Processor, [TICKS]: tick };
}

/** Whether a batch is as large, and as much of one group, as its worker says. */
function wrongWith(batch: Batch<Task>, { size, groupAffinity }: BatchOptions): string[] {
  const groups = new Set(batch.map(({ opts }) => opts.group?.id));
  const ids = batch.map(({ id }) => id).join();
  return [
    ...(batch.length > size ? [`the batch ${ids} has more than ${size} jobs`] : []),
    ...(groupAffinity && groups.size > 1 ? [`the batch ${ids} is of several groups`] : []),
  ];
}

/** Whether a worker has more jobs at work than it has room for. Those that are aborted may take their time. */
function crowded({ process, queue }: Running, ledger: Ledger, options: ProgramOptions): string[] {
  const { concurrency, batch } = options;
  const room = queue === PARCELS && batch ? concurrency * batch.size : concurrency;
  const runs = [...ledger.running].filter(
    (run) => run.process === process && run.queue === queue && !run.signal.aborted,
  );
  return runs.length > room
    ? [`${process} has ${runs.length} jobs of ${queue} at work, and room for ${room}`]
    : [];
}
