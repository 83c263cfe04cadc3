import type { DeduplicationOptions, JobsOptions, Queue } from '../../lib/engine.js';
import type { Random } from '../simulation/random.js';
import { IN_GROUP } from './group-order.js';
import type { Ledger } from './ledger.js';
import { type Policy, POLICIES, type Task } from './processors.js';
import { NARROW, ORDERS, PARCELS, type Program } from './program.js';

/** More attempts than any job has. */
const ALWAYS = 5;

const DEDUPS: readonly (Omit<DeduplicationOptions, 'id'> & { delay?: number })[] = [
  {},
  {},
  { ttl: 400 },
  { ttl: 300, extend: true },
  { ttl: 300, extend: true, replace: true, delay: 200 },
  { replace: true, delay: 200 },
  { keepLastIfActive: true },
  { keepLastIfActive: true, replace: true, delay: 50 },
];

/** Groups of jobs, and turns that each has while others have one. */
export const GROUPS: Readonly<Record<string, number>> = { one: 1, two: 2, more: 1 };

/** Some longer than a lock lasts. */
const WORK_MS = [0, 0, 0, 5, 40, 200, 200, 1500, 4000];

/** A job that has its turn in its group as it comes says so by its name. */
function nameIn({ group, delay, priority, limits }: JobsOptions): string {
  return group && !(delay ?? priority ?? limits) ? `${IN_GROUP}${group.id}` : 'task';
}

/** The jobs that users add. Each has a tag of its own, by which it is known whatever becomes of it. */
export class Tasks {
  /** How many there have been. */
  count = 0;
  /** Whether only such are made as are done soon. */
  isCalm = false;

  constructor(
    private readonly random: Random,
    private readonly ledger: Ledger,
  ) {}

  /** @returns id of the job */
  async add(queue: Queue): Promise<string> {
    const { random } = this;
    const data = this.task(queue, 3);
    const opts: JobsOptions = {
      attempts: 3,
      backoff: random.pick([0, 20, 300]),
      ...(random.chance(0.2) ? { delay: random.int(1, 500) } : {}),
      ...(random.chance(0.2) ? { priority: random.int(1, 5) } : {}),
      ...(queue.name === PARCELS && random.chance(0.4) ? { limits: [NARROW] } : {}),
      ...this.group(),
    };
    if (random.chance(0.1)) {
      opts.removeOnComplete = true;
      this.ledger.removed.add(data.tag);
    }
    const job = await queue.add(nameIn(opts), data, opts);
    this.ledger.added.set(data.tag, { queue: queue.name, id: job.id });
    return job.id;
  }

  async addBulk(queue: Queue): Promise<void> {
    const tasks = Array.from({ length: this.random.int(2, 6) }, () => this.task(queue, 2));
    const jobs = await queue.addBulk(
      tasks.map((data) => {
        const opts = { attempts: 2, ...this.group() };
        return { name: nameIn(opts), data, opts };
      }),
    );
    jobs.forEach((job, i) => this.ledger.added.set(tasks[i]!.tag, { queue: queue.name, id: job.id }));
  }

  async addDuplicate(queue: Queue): Promise<void> {
    const data = this.task(queue, 2);
    const { delay, ...rule } = this.random.pick(DEDUPS);
    // It may be replaced.
    if (rule.replace) this.ledger.removed.add(data.tag);
    const job = await queue.add('task', data, {
      attempts: 2,
      ...(delay === undefined ? {} : { delay }),
      ...this.group(),
      deduplication: { id: `d${this.random.int(1, 3)}`, ...rule },
    });
    if (!job.deduplicated) this.ledger.added.set(data.tag, { queue: queue.name, id: job.id });
  }

  async addFlow(program: Program): Promise<void> {
    const { random } = this;
    const family = random.chance(0.4) ? random.pick(POLICIES) : undefined;
    const data: Task = { ...this.task(program.queues[PARCELS]!, 3), fails: 0, ...(family ? { family } : {}) };
    // Who goes on without waiting must have nobody left to wait for.
    const count = family === 'continueParentOnFailure' ? 1 : random.int(1, 4);
    const { job } = await program.flows.add({
      name: 'parent',
      queueName: PARCELS,
      data,
      opts: { attempts: 3 },
      children: Array.from({ length: count }, (_, i) =>
        this.child(data.tag, i, i === 0 ? family : undefined),
      ),
    });
    this.ledger.added.set(data.tag, { queue: PARCELS, id: job.id });
  }

  private child(parent: string, place: number, family: Policy | undefined) {
    const queueName = this.random.chance(0.5) || family ? PARCELS : ORDERS;
    const data: Task = { tag: `${parent}/${place}`, fails: family ? ALWAYS : 0, tries: 1, workMs: 5 };
    this.ledger.made.set(data.tag, queueName);
    const isParent = !family && this.random.chance(0.2);
    return {
      name: isParent ? 'parent' : 'child',
      queueName,
      data,
      opts: { ...(family ? { [family]: true } : {}), ...this.group() },
      ...(isParent ? { children: [this.grandchild(data.tag)] } : {}),
    };
  }

  private grandchild(parent: string) {
    const data: Task = { tag: `${parent}/0`, fails: 0, tries: 1, workMs: 5 };
    this.ledger.made.set(data.tag, PARCELS);
    return { name: 'child', queueName: PARCELS, data };
  }

  private group(): Pick<JobsOptions, 'group'> {
    if (!this.random.chance(0.4)) return {};
    const [id, weight] = this.random.pick(Object.entries(GROUPS));
    return { group: { id, weight } };
  }

  private task(queue: Queue, tries: number): Task {
    this.count += 1;
    const { random } = this;
    const isOrder = queue.name === ORDERS;
    const tag = `t${this.count}${!isOrder && random.chance(0.15) ? '-moved' : ''}`;
    this.ledger.made.set(tag, queue.name);
    const fails = random.pick([0, 0, 0, 1, 2, ALWAYS]);
    // The steps of an order have attempts of their own.
    const base: Task = { tag, fails, tries: isOrder ? 3 : tries, workMs: random.pick(WORK_MS) };
    if (this.isCalm) base.workMs = Math.min(base.workMs, 5);
    if (!isOrder) return base;
    return {
      ...base,
      napMs: random.pick([0, 0, 50, 600]),
      children: random.pick([0, 0, 1, 4]),
      signal: random.chance(this.isCalm ? 0 : 0.3),
    };
  }
}
