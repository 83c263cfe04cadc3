import type { Redis } from 'ioredis';
import { queueBase } from '../../lib/job/job-ref.js';
import { auditQueue } from '../support/audit-queue.js';
import type { Ledger, Running } from './ledger.js';
import { ORDERS, PARCELS } from './program.js';
import type { Task } from './processors.js';

/** What is seen of a lock: whether the run's token is the last one granted, and until when it is held. */
interface Held {
  isCurrent: boolean;
  until: number;
}

/** Reads what the server holds, between two steps of the world: nothing else happens meanwhile. */
export class Checks {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly clock: { now: number },
    private readonly ledger: Ledger,
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
    const fields = await this.redis.hgetall(`${base}job:${run.jobId}`);
    const held = await this.held(run, fields.token);
    if (!held.isCurrent || held.until <= this.clock.now) return undefined;
    const twin = [...this.ledger.running].find(
      (other) =>
        other !== run && other.queue === run.queue && other.jobId === run.jobId && other.token === run.token,
    );
    if (twin) return `job ${run.jobId} runs twice under one lock, in ${twin.process} and ${run.process}`;
    if (step !== undefined && completedVisit(fields, step) > completedVisit(fields, `undo:${step}`)) {
      return `step ${step} of job ${run.jobId} had completed and ran again in ${run.process}: ${JSON.stringify(fields)}`;
    }
    if (settled && Number(fields.pending ?? 0) > 0) {
      return `job ${run.jobId} went on in ${run.process} although ${fields.pending} of its children are pending`;
    }
    return undefined;
  }

  /** Whoever has lost a lock is told within its length. */
  async locks(lockMs: number, isAwake: (run: Running) => boolean): Promise<string | undefined> {
    for (const run of this.ledger.running) {
      const token = await this.redis.hget(`${queueBase(this.prefix, run.queue)}job:${run.jobId}`, 'token');
      const held = await this.held(run, token);
      const isHeld = held.isCurrent && held.until > this.clock.now;
      if (isHeld || run.signal.aborted || !isAwake(run)) {
        run.lostSince = undefined;
        continue;
      }
      run.lostSince ??= this.clock.now;
      if (this.clock.now > run.lostSince + lockMs) {
        return `job ${run.jobId} runs in ${run.process} ${this.clock.now - run.lostSince} ms after its lock was lost, not aborted`;
      }
    }
    return undefined;
  }

  async audit(): Promise<string[]> {
    const found = await Promise.all(
      [ORDERS, PARCELS].map(async (queue) =>
        (await auditQueue(this.redis, this.prefix, queue, { now: Infinity })).map(
          (fault) => `${queue}: ${fault}`,
        ),
      ),
    );
    const faults: string[] = [];
    for (const fault of found.flat()) if (!(await this.isRetriedDuplicate(fault))) faults.push(fault);
    return faults;
  }

  /** A job that had failed for good, and was retried, need not own its deduplication any more: the audit cannot tell. */
  private async isRetriedDuplicate(fault: string): Promise<boolean> {
    const [, queue, id] =
      /^(\w+): job (\S+) is unfinished and not the owner of its deduplication/.exec(fault) ?? [];
    if (queue === undefined) return false;
    const made = await this.redis.hget(`${queueBase(this.prefix, queue)}job:${id}`, 'attemptsMade');
    return Number(made) >= 2;
  }

  /** How many jobs are not through. */
  async unfinished(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const queue of [ORDERS, PARCELS]) {
      const base = queueBase(this.prefix, queue);
      counts[`${queue} waiting`] = await this.redis.llen(`${base}waiting`);
      for (const state of ['prioritized', 'delayed', 'active', 'waiting-children']) {
        counts[`${queue} ${state}`] = await this.redis.zcard(`${base}${state}`);
      }
      counts[`${queue} outbox`] = Number(await this.redis.hget(`${base}meta`, 'outbox')) || 0;
    }
    return counts;
  }

  async told(queue: string): Promise<number> {
    return Number((await this.redis.hget(`${queueBase(this.prefix, queue)}meta`, 'told')) ?? 0);
  }

  /** Every job that was added is there once, and has come to what it should. */
  async outcomes(): Promise<string[]> {
    const wrong: string[] = [];
    const seen = new Map<string, number>();
    for (const queue of [ORDERS, PARCELS]) {
      const base = queueBase(this.prefix, queue);
      for (const state of ['completed', 'failed']) {
        for (const id of await this.redis.zrange(`${base}${state}`, '0', '-1')) {
          const [, , , data] = (await this.redis.get(`${base}body:${id}`))!.split('\n');
          const { tag, fails } = JSON.parse(data!) as Task;
          seen.set(tag, (seen.get(tag) ?? 0) + 1);
          const result = await this.redis.hget(`${base}job:${id}`, 'result');
          if (state === 'completed' && !(result ?? '').includes(tag)) {
            wrong.push(`job ${id} of ${queue}, ${tag}, completed with ${result}`);
          }
          if (state === 'completed' && fails > 4 && queue === PARCELS) {
            wrong.push(`job ${id} of ${queue}, ${tag}, completed although it always fails`);
          }
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
