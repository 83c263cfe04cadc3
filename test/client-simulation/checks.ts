import type { Redis } from 'ioredis';
import { queueBase } from '../../lib/job/job-ref.js';
import { auditQueue } from '../support/audit-queue.js';
import type { Ledger, Running } from './ledger.js';
import type { Network } from './network.js';
import { ORDERS, PARCELS, PLACES, TICKS } from './program.js';
import { STEADY } from './timetable.js';
import type { Task } from './processors.js';
import { readFields } from '../support/job-fields.js';

/** What is seen of a lock: whether the run's token is the last one granted, and until when it is held. */
interface Held {
  isCurrent: boolean;
  until: number;
}

/** True of jobs that were at work when the server's clock was set back. */
const BACKWARDS = /ran from \d+ to \d+|finished before it was started/;

/** Reads what the server holds, between two steps of the world: nothing else happens meanwhile. */
export class Checks {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly network: Network,
    private readonly ledger: Ledger,
    private readonly groupConcurrency: number,
  ) {}

  /** A completed step does not start again under a lock that is held, and what waits for children starts after them. */
  async begins({
    run,
    step,
    settled,
  }: {
    run: Running;
    step?: string;
    settled?: boolean;
  }): Promise<string | undefined> {
    const base = queueBase(this.prefix, run.queue);
    const fields = await readFields(this.redis, `${base}job:${run.jobId}`);
    const held = await this.held(run, fields.token);
    if (!held.isCurrent || held.until <= this.now) return undefined;
    const twin = [...this.ledger.running].find(
      (other) =>
        other !== run && other.queue === run.queue && other.jobId === run.jobId && other.token === run.token,
    );
    if (twin) return `job ${run.jobId} runs twice under one lock, in ${twin.process} and ${run.process}`;
    const crowd = run.isLimited ? await this.limitedRuns() : 0;
    if (crowd > PLACES.concurrency) {
      return `${crowd} jobs run under locks that are held, and their limit lets ${PLACES.concurrency}`;
    }
    if (step !== undefined && completedVisit(fields, step) > completedVisit(fields, `undo:${step}`)) {
      return `step ${step} of job ${run.jobId} had completed and ran again in ${run.process}: ${JSON.stringify(fields)}`;
    }
    const crowded = run.queue === PARCELS ? await this.crowdOf(base, fields.priority) : undefined;
    if (crowded !== undefined) return crowded;
    // A child that a user retries is waited for again; its parent may have gone on by then.
    const isRetried =
      [...this.ledger.retried].some((tag) => tag.startsWith(`${run.tag}/`)) ||
      [...this.ledger.sweeps].some(({ tags }) => tags === this.ledger.retried);
    if (settled && !isRetried && Number(fields.pending ?? 0) > 0) {
      return `job ${run.jobId} went on in ${run.process} although ${fields.pending} of its children are pending`;
    }
    return undefined;
  }

  /** Of a group no more jobs are held than may run, whoever holds them. */
  private async crowdOf(base: string, priority: string | undefined): Promise<string | undefined> {
    const group = priority?.split('@')[1];
    if (group === undefined) return undefined;
    const active = await this.redis.zrange(`${base}active`, '0', '-1');
    const places = await Promise.all(
      active.map(async (id) => (await readFields(this.redis, `${base}job:${id}`)).priority),
    );
    const held = places.filter((place) => place?.endsWith(`@${group}`)).length;
    this.ledger.count(`${Math.min(held, 2)} of a group`);
    return held > this.groupConcurrency ? `${held} jobs of the group ${group} are held` : undefined;
  }

  private async limitedRuns(): Promise<number> {
    const runs = [...this.ledger.running].filter(({ isLimited }) => isLimited);
    const found = await Promise.all(runs.map((run) => this.isHeld(run)));
    const count = found.filter(Boolean).length;
    if (count === PLACES.concurrency) this.ledger.count('limit full');
    return count;
  }

  /** Whoever has lost a lock is told within its length. */
  async locks(
    lockMs: number,
    isAwake: (run: Running) => boolean,
    hasTimersDue: (run: Running) => boolean,
  ): Promise<string | undefined> {
    const runs = [...this.ledger.running];
    const found = await Promise.all(runs.map((run) => this.isHeld(run)));
    for (const [i, run] of runs.entries()) {
      const isHeld = found[i]!;
      if (isHeld || run.signal.aborted || !isAwake(run)) {
        run.lostSince = undefined;
        continue;
      }
      run.lostSince ??= this.network.time;
      if (this.network.time > run.lostSince + lockMs && !hasTimersDue(run)) {
        return `job ${run.jobId} runs in ${run.process} ${this.network.time - run.lostSince} ms after its lock was lost, not aborted`;
      }
    }
    return undefined;
  }

  async audit(): Promise<string[]> {
    const found = await Promise.all(
      [ORDERS, PARCELS, TICKS].map(async (queue) =>
        (await auditQueue(this.redis, this.prefix, queue, { now: Infinity })).map(
          (fault) => `${queue}: ${fault}`,
        ),
      ),
    );
    return found.flat().filter((fault) => !(this.network.hasJumped && BACKWARDS.test(fault)));
  }

  /** How many jobs are not through. */
  async unfinished(): Promise<Record<string, number>> {
    const counts = [ORDERS, PARCELS].flatMap((queue) => {
      const base = queueBase(this.prefix, queue);
      const states = ['prioritized', 'delayed', 'active', 'waiting-children', 'limited'];
      return [
        [`${queue} waiting`, this.redis.llen(`${base}waiting`)] as const,
        [`${queue} in groups`, this.redis.hget(`${base}meta`, 'groups')] as const,
        ...states.map((state) => [`${queue} ${state}`, this.redis.zcard(`${base}${state}`)] as const),
        [`${queue} outbox`, this.redis.hget(`${base}meta`, 'outbox')] as const,
      ];
    });
    const known = await Promise.all(counts.map(async ([what, count]) => [what, Number(await count) || 0]));
    return Object.fromEntries(known) as Record<string, number>;
  }

  /** Of schedulers that nobody changed, every slot from the first to the one to come has its job. */
  async slots(): Promise<string[]> {
    const base = queueBase(this.prefix, TICKS);
    const wrong: string[] = [];
    for (const [id, every] of Object.entries(STEADY)) {
      const record = await this.redis.hmget(`${base}scheduler:${id}`, 'slot', 'job');
      const keys = await this.redis.keys(`${base}body:repeat:${id}:*`);
      const slots = keys.map((key) => Number(key.slice(key.lastIndexOf(':') + 1))).sort((a, b) => a - b);
      if (record[0] === null) continue;
      for (const [i, slot] of slots.entries()) {
        if (i > 0 && slot !== slots[i - 1]! + every)
          wrong.push(`${id} has slot ${slot} after ${slots[i - 1]}`);
      }
      if (slots.at(-1) !== Number(record[0]))
        wrong.push(`${id} is at ${record[0]}, and its last job at ${slots.at(-1)}`);
      if (record[1] === '') wrong.push(`${id} has stopped`);
      this.ledger.count(`slots of ${id}`);
    }
    return wrong;
  }

  async told(queue: string): Promise<number> {
    return Number((await this.redis.hget(`${queueBase(this.prefix, queue)}meta`, 'eventNumber')) ?? 0);
  }

  /** Every job that was added is there once, and has come to what it should. */
  async outcomes(): Promise<string[]> {
    const wrong: string[] = [];
    const seen = new Map<string, number>();
    for (const queue of [ORDERS, PARCELS]) {
      const base = queueBase(this.prefix, queue);
      for (const state of ['completed', 'failed'] as const) {
        for (const id of await this.redis.zrange(`${base}${state}`, '0', '-1')) {
          const [, , , data] = (await this.redis.get(`${base}body:${id}`))!.split('\n');
          const task = JSON.parse(data!) as Task;
          seen.set(task.tag, (seen.get(task.tag) ?? 0) + 1);
          const fault = this.outcome(queue, state, task, await readFields(this.redis, `${base}job:${id}`));
          const said = this.ledger.added.get(task.tag)?.id ?? id;
          if (said !== id)
            wrong.push(`${task.tag} is job ${id} of ${queue}, and who added it was told ${said}`);
          if (fault !== undefined) wrong.push(`job ${id} of ${queue}, ${task.tag}, ${fault}`);
        }
      }
    }
    for (const [tag, times] of seen) {
      if (times > 1) wrong.push(`${tag} was added ${times} times`);
    }
    for (const [tag, { queue, id }] of this.ledger.added) {
      if (!seen.has(tag) && !this.ledger.removed.has(tag)) {
        wrong.push(`job ${id} of ${queue}, ${tag}, was added and is gone`);
      }
    }
    return wrong;
  }

  private outcome(
    queue: string,
    state: 'completed' | 'failed',
    { tag, fails, tries, family }: Task,
    fields: Record<string, string>,
  ): string | undefined {
    const { cancelled, cancelling, retried } = this.ledger;
    const unanswered = [...cancelling].map((asked) => asked.tag);
    const isOwn = [...retried, ...cancelled.keys(), ...unanswered].every(
      (each) => each !== tag && !each.startsWith(`${tag}/`),
    );
    const isWhole = [...this.ledger.removed].every((each) => each !== tag && !each.startsWith(`${tag}/`));
    const expected = fails >= tries || family === 'failParentOnFailure' ? 'failed' : 'completed';
    if (state === 'completed' && !(fields.result ?? '').includes(tag))
      return `completed with ${fields.result}`;
    if (cancelled.has(tag) && !retried.has(tag)) {
      if (state === 'completed') return 'was cancelled, and has completed';
      if (cancelled.get(tag) && completedVisit(fields, 'reserve') > completedVisit(fields, 'undo:reserve'))
        return 'was cancelled, and what it had reserved is reserved still';
    }
    if (isOwn && isWhole && state !== expected) return `is ${state}: ${JSON.stringify(fields)}`;
    if (isOwn && queue === ORDERS && state === 'failed' && completedVisit(fields, 'undo:reserve') === 0) {
      return 'failed, and what it had reserved is reserved still';
    }
    return undefined;
  }

  private get now(): number {
    return this.network.serverTime;
  }

  /** Whether its lock is the last one granted, and holds. */
  private async isHeld(run: Running): Promise<boolean> {
    const base = queueBase(this.prefix, run.queue);
    const [{ token }, until] = await Promise.all([
      readFields(this.redis, `${base}job:${run.jobId}`),
      this.redis.zscore(`${base}active`, run.jobId),
    ]);
    return token === run.token && until !== null && Number(until) > this.now;
  }

  private async held(run: Running, token: string | null | undefined): Promise<Held> {
    const score = await this.redis.zscore(`${queueBase(this.prefix, run.queue)}active`, run.jobId);
    return { isCurrent: token === run.token && score !== null, until: Number(score ?? 0) };
  }
}

/** Number of the visit in which a step completed, 0 when its last one did not. */
function completedVisit(fields: Record<string, string>, step: string): number {
  const [, visit, status] = fields[`step:${step}`]?.split('\t')[0]?.split(',') ?? [];
  return status === 'c' ? Number(visit) : 0;
}
