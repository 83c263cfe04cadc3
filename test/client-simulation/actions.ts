import type { Job, Queue } from '../../lib/engine.js';
import type { Random } from '../simulation/random.js';
import type { Ledger, Watching } from './ledger.js';
import type { Task } from './processors.js';
import { ORDERS, PARCELS, type Program } from './program.js';

type Action = (program: Program, queue: Queue, id: string) => Promise<unknown> | void;

/** What users do: each call is followed to its end. */
export class Actions {
  private tagged = 0;
  private readonly table: readonly (readonly [number, string, Action])[];

  constructor(
    private readonly random: Random,
    private readonly ledger: Ledger,
    private readonly clock: { now: number },
  ) {
    this.table = [
      [30, 'add', (program, queue) => this.add(program, queue)],
      [4, 'addBulk', (program, queue) => this.addBulk(program, queue)],
      [6, 'add a duplicate', (program, queue) => this.addDuplicate(program, queue)],
      [4, 'add a flow', (program) => this.addFlow(program)],
      [3, 'getJob', (_program, queue, id) => queue.getJob(id)],
      [2, 'getJobCounts', (_program, queue) => queue.getJobCounts()],
      [3, 'remove', (_program, queue, id) => this.remove(queue, id)],
      [3, 'retry', (_program, queue, id) => this.with(queue, id, 'failed', (job) => job.retry())],
      [2, 'promote', (_program, queue, id) => this.with(queue, id, 'delayed', (job) => job.promote())],
      [2, 'changePriority', (_program, queue, id) => this.with(queue, id, 'waiting', (job) => job.changePriority({ priority: this.random.int(0, 3) }))],
      [6, 'signal', (_program, queue, id) => (queue.name === ORDERS ? queue.signal(id, 'approval', 'yes') : undefined)],
      [1, 'pause', (_program, queue) => queue.pause()],
      [3, 'resume', (_program, queue) => queue.resume()],
      [6, 'watch', (program, queue, id) => this.watch(program, queue, id)],
      [4, 'waitUntilFinished', (program, queue, id) => this.wait(program, queue, id)],
      [1, 'pause the worker', (program) => this.random.pick(program.workers).pause(true)],
      [2, 'resume the worker', (program) => this.random.pick(program.workers).resume()],
      [1, 'retryJobs', (_program, queue) => queue.retryJobs({ count: 5 })],
    ];
  }

  perform(program: Program): string {
    const queue = program.queues[this.random.chance(0.5) ? ORDERS : PARCELS]!;
    const [what, action] = this.random.weighted(this.table.map(([weight, name, run]) => [weight, [name, run] as const]));
    const id = String(this.random.int(1, 12) + Math.max(this.tagged - 12, 0));
    const promise = action(program, queue, id);
    if (promise) void this.ledger.follow(what, program.name, this.clock.now, promise);
    return `${what} by ${program.name} on ${queue.name}`;
  }

  /** At the end: whatever is paused goes on. */
  resumeAll(programs: readonly Program[]): void {
    for (const program of programs) {
      for (const worker of program.workers) void this.ledger.follow('resume', program.name, this.clock.now, worker.resume());
      for (const queue of Object.values(program.queues)) {
        void this.ledger.follow('resume', program.name, this.clock.now, queue.resume());
      }
    }
  }

  private task(queue: Queue): Task {
    this.tagged += 1;
    const { random } = this;
    const tag = `t${this.tagged}${queue.name === PARCELS && random.chance(0.15) ? '-moved' : ''}`;
    const base: Task = { tag, fails: random.pick([0, 0, 0, 1, 2, 5]), workMs: random.pick([0, 0, 5, 40, 200]) };
    return queue.name === PARCELS
      ? base
      : {
          ...base,
          napMs: random.pick([0, 0, 50, 600]),
          children: random.pick([0, 0, 1, 4]),
          signal: random.chance(0.3),
        };
  }

  private async add(program: Program, queue: Queue): Promise<void> {
    const data = this.task(queue);
    const job = await queue.add('task', data, {
      attempts: 3,
      backoff: this.random.pick([0, 20, 300]),
      ...(this.random.chance(0.2) ? { delay: this.random.int(1, 500) } : {}),
      ...(this.random.chance(0.2) ? { priority: this.random.int(1, 5) } : {}),
    });
    this.ledger.added.set(data.tag, { queue: queue.name, id: job.id });
    if (this.random.chance(0.2)) this.watch(program, queue, job.id);
  }

  private async addBulk(_program: Program, queue: Queue): Promise<void> {
    const tasks = Array.from({ length: this.random.int(2, 6) }, () => this.task(queue));
    const jobs = await queue.addBulk(tasks.map((data) => ({ name: 'task', data, opts: { attempts: 2 } })));
    jobs.forEach((job, i) => this.ledger.added.set(tasks[i]!.tag, { queue: queue.name, id: job.id }));
  }

  private async addDuplicate(_program: Program, queue: Queue): Promise<void> {
    const data = this.task(queue);
    const job = await queue.add('task', data, {
      attempts: 2,
      deduplication: { id: `d${this.random.int(1, 3)}`, ...(this.random.chance(0.3) ? { ttl: 400 } : {}) },
    });
    if (!job.deduplicated) this.ledger.added.set(data.tag, { queue: queue.name, id: job.id });
  }

  private async addFlow(program: Program): Promise<void> {
    const data = { ...this.task(program.queues[PARCELS]!), fails: 0 };
    const { job } = await program.flows.add({
      name: 'parent',
      queueName: PARCELS,
      data,
      children: Array.from({ length: this.random.int(1, 4) }, (_, i) => ({
        name: 'child',
        queueName: this.random.chance(0.5) ? PARCELS : ORDERS,
        data: { tag: `${data.tag}/${i}`, fails: 0, workMs: 5 } satisfies Task,
      })),
    });
    this.ledger.added.set(data.tag, { queue: PARCELS, id: job.id });
  }

  private async with(queue: Queue, id: string, state: string, work: (job: Job) => Promise<unknown>): Promise<void> {
    const job = await queue.getJob(id);
    if (job && (await job.getState()) === state) await work(job);
  }

  private async remove(queue: Queue, id: string): Promise<void> {
    const job = await queue.getJob(id);
    if (!job) return;
    this.ledger.removed.add((job.data as Task).tag);
    await job.remove();
  }

  private watch(program: Program, queue: Queue, jobId: string): void {
    const watching: Watching = { jobId: `${queue.name}:${jobId}`, process: program.name, ended: false, left: false };
    this.ledger.watches.add(watching);
    this.ledger.count('watch');
    program.events[queue.name]!.watch(jobId).subscribe({
      error: (error: Error) => this.ledger.faults.push(`watch of ${jobId} failed with ${error.message}`),
      complete: () => {
        watching.ended = true;
        this.ledger.watches.delete(watching);
      },
    });
  }

  private async wait(program: Program, queue: Queue, id: string): Promise<void> {
    const job = await queue.getJob(id);
    await job?.waitUntilFinished(program.events[queue.name]!, this.random.chance(0.3) ? 5000 : undefined);
  }
}
