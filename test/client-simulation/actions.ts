import type { Job, Queue } from '../../lib/engine.js';
import type { Random } from '../simulation/random.js';
import type { Ledger } from './ledger.js';
import { NARROW, ORDERS, PARCELS, type Program, TICKS } from './program.js';
import type { Task } from './processors.js';
import { GROUPS, Tasks } from './tasks.js';
import { Timetable } from './timetable.js';
import { Watching } from './watching.js';

type Action = (program: Program, queue: Queue, id: string) => Promise<unknown> | void;
type Table = readonly (readonly [number, readonly [string, Action]])[];

/** What users do: each call is followed to its end. */
export class Actions {
  private readonly tasks: Tasks;
  private readonly timetable: Timetable;
  private readonly table: Table;
  private readonly calm: Table;

  constructor(
    private readonly random: Random,
    private readonly ledger: Ledger,
    private readonly clock: { now: number },
  ) {
    this.tasks = new Tasks(random, ledger);
    this.timetable = new Timetable(random);
    const adds: Table = [
      [30, ['add', (program, queue) => this.add(program, queue)]],
      [4, ['addBulk', (program, queue) => this.tasks.addBulk(queue)]],
      [10, ['add a duplicate', (_program, queue) => this.tasks.addDuplicate(queue)]],
      [6, ['add a flow', (program) => this.tasks.addFlow(program)]],
      [6, ['watch', (program, queue, id) => this.watch(program, queue, id)]],
    ];
    this.calm = [...adds, [4, ['waitUntilFinished', (program, queue, id) => this.wait(program, queue, id)]]];
    this.table = [...this.calm, ...this.jobActions(), ...this.queueActions()];
  }

  /** @param calm only what brings work */
  perform(program: Program, calm: boolean): string {
    const queue = program.queues[this.random.chance(0.5) ? ORDERS : PARCELS]!;
    const [what, action] = this.random.weighted(calm ? this.calm : this.table);
    const id = String(this.random.int(1, 12) + Math.max(this.tasks.count - 12, 0));
    this.tasks.isCalm = calm;
    const promise = action(program, queue, id);
    if (promise) void this.ledger.follow(what, program.name, this.clock.now, promise);
    return `${what} by ${program.name} on ${queue.name}`;
  }

  /** At the end: whatever is paused goes on. */
  resumeAll(programs: readonly Program[]): void {
    const follow = (program: Program, call: Promise<unknown>): void =>
      void this.ledger.follow('resume', program.name, this.clock.now, call);
    for (const program of programs) {
      for (const worker of program.workers) follow(program, Promise.resolve(worker.resume()));
      for (const queue of Object.values(program.queues)) {
        follow(program, queue.resume());
        for (const group of Object.keys(GROUPS)) follow(program, queue.resumeGroup(group));
      }
      follow(program, program.queues[PARCELS]!.resumeLimit(NARROW));
    }
  }

  private jobActions(): Table {
    return [
      [3, ['getJob', (_program, queue, id) => queue.getJob(id)]],
      [3, ['remove', (_program, queue, id) => this.remove(queue, id)]],
      [12, ['cancel', (_program, queue) => this.cancel(queue)]],
      [3, ['retry', (_program, queue, id) => this.with(queue, id, 'failed', (job) => this.retry(job))]],
      [2, ['promote', (_program, queue, id) => this.with(queue, id, 'delayed', (job) => job.promote())]],
      [
        2,
        [
          'changePriority',
          (_program, queue, id) => this.with(queue, id, 'waiting', (job) => this.reorder(job)),
        ],
      ],
      [
        6,
        [
          'signal',
          (_program, queue, id) => (queue.name === ORDERS ? queue.signal(id, 'approval', 'yes') : undefined),
        ],
      ],
      [1, ['log', (_program, queue, id) => queue.getJob(id).then((job) => job?.log('seen'))]],
    ];
  }

  private queueActions(): Table {
    const { random } = this;
    const pick = (program: Program) => random.pick(program.workers);
    return [
      [2, ['getJobCounts', (_program, queue) => queue.getJobCounts()]],
      [6, ['change a scheduler', (program) => this.timetable.change(program.queues[TICKS]!)]],
      [1, ['pause', (_program, queue) => queue.pause()]],
      [1, ['pause a limit', (program) => program.queues[PARCELS]!.pauseLimit(NARROW)]],
      [2, ['resume a limit', (program) => program.queues[PARCELS]!.resumeLimit(NARROW)]],
      [3, ['resume', (_program, queue) => queue.resume()]],
      [2, ['pause a group', (_program, queue) => queue.pauseGroup(this.group())]],
      [3, ['resume a group', (_program, queue) => queue.resumeGroup(this.group())]],
      [1, ['pause the worker', (program) => pick(program)?.pause(true)]],
      [2, ['resume the worker', (program) => pick(program)?.resume()]],
      [
        1,
        [
          'retryJobs',
          (program, queue) =>
            this.all(program, queue, this.ledger.retried, () => queue.retryJobs({ count: 5 })),
        ],
      ],
      [
        0.5,
        [
          'drain',
          (program, queue) =>
            this.all(program, queue, this.ledger.removed, () => queue.drain(random.chance(0.5))),
        ],
      ],
      [1, ['clean', (program, queue) => this.clean(program, queue)]],
      [1, ['trimEvents', (_program, queue) => queue.trimEvents(random.int(1, 20))]],
      [2, ['reopen events', (program, queue) => this.reopen(program, queue)]],
    ];
  }

  private async add(program: Program, queue: Queue): Promise<void> {
    const id = await this.tasks.add(queue);
    if (this.random.chance(0.2)) this.watch(program, queue, id);
  }

  private group(): string {
    return this.random.pick(Object.keys(GROUPS));
  }

  private async with(
    queue: Queue,
    id: string,
    state: string,
    work: (job: Job) => Promise<unknown>,
  ): Promise<void> {
    const job = await queue.getJob(id);
    if (job && (await job.getState()) === state) await work(job);
  }

  /** One of the newest: others have mostly ended. */
  private async cancel(queue: Queue): Promise<void> {
    const ids = [...this.ledger.added.values()].filter((job) => job.queue === queue.name).slice(-4);
    if (ids.length === 0) return;
    const job = await queue.getJob(this.random.pick(ids).id);
    if (!job) return;
    const undo = this.random.chance(0.7);
    const { tag } = job.data as Task;
    const asked = { tag };
    this.ledger.cancelling.add(asked);
    const answer = await job.cancel('not wanted', { undo });
    this.ledger.cancelling.delete(asked);
    this.ledger.count(`answer ${answer}`);
    if (answer !== 'finished' && !this.ledger.cancelled.has(tag)) this.ledger.cancelled.set(tag, undo);
  }

  private retry(job: Job): Promise<void> {
    this.ledger.retried.add((job.data as Task).tag);
    return job.retry();
  }

  private reorder(job: Job): Promise<void> {
    this.ledger.movedIn(job.queueName).add(job.id);
    return job.changePriority({ priority: this.random.int(0, 3) });
  }

  private async remove(queue: Queue, id: string): Promise<void> {
    const job = await queue.getJob(id);
    if (!job) return;
    this.ledger.removed.add((job.data as Task).tag);
    await job.remove();
  }

  private clean(program: Program, queue: Queue): Promise<unknown> {
    const state = this.random.pick(['completed', 'failed', 'delayed', 'waiting'] as const);
    return this.all(program, queue, this.ledger.removed, () => queue.clean(0, this.random.int(0, 5), state));
  }

  /** A call that concerns every job of the queue, also those that are added meanwhile. */
  private async all(
    program: Program,
    queue: Queue,
    tags: Set<string>,
    call: () => Promise<unknown>,
  ): Promise<void> {
    const sweep = { process: program.name, queue: queue.name, tags };
    this.ledger.sweeps.add(sweep);
    try {
      await call();
    } finally {
      this.ledger.endSweep(sweep);
    }
  }

  private reopen(program: Program, queue: Queue): Promise<void> {
    for (const watch of this.ledger.watches) {
      if (watch.process === program.name && watch.jobId.startsWith(queue.name)) watch.isLeft = true;
    }
    return program.reopen(queue.name);
  }

  private watch(program: Program, queue: Queue, id: string): void {
    const { ledger } = this;
    const jobId = `${queue.name}:${id}`;
    const watching = new Watching(jobId, program.name, program.log[queue.name]!, (fault) =>
      ledger.faults.push(fault),
    );
    ledger.watches.add(watching);
    ledger.count('watch');
    const events = program.events[queue.name]!;
    events.watch(id).subscribe({
      next: (event) => watching.next(event),
      error: (error: Error) => ledger.faults.push(`watch of ${jobId} failed with ${error.message}`),
      complete: () => {
        if (program.isClosing || program.leaving.has(events)) watching.isLeft = true;
        watching.complete();
        ledger.watches.delete(watching);
      },
    });
  }

  private async wait(program: Program, queue: Queue, id: string): Promise<void> {
    const job = await queue.getJob(id);
    if (!job) return;
    const result = await job.waitUntilFinished(
      program.events[queue.name]!,
      this.random.chance(0.3) ? 5000 : undefined,
    );
    const { tag } = job.data as Task;
    if (!String(result).includes(tag))
      this.ledger.faults.push(`who waited for ${tag} was given ${String(result)}`);
  }
}
