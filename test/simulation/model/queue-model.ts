import { LISTED_STATES, type ListedState } from '../../../lib/job/job-state.js';
import type { JobFields } from '../../../lib/job/job-record.js';
import type { GrantedJob } from '../call.js';
import { CAPS } from '../simulated-scripts.js';
import type { DedupKey, ModelJob } from './model-job.js';

/** Who asks for jobs, and on what terms. */
export interface ModelGrant {
  want: number;
  worker: string;
  name: string;
  lock: number;
  max: number;
  duration: number;
}

const REMEMBERED = 40;
const FINISHED_FIELDS = ['processedOn', 'finishedOn', 'result', 'failedReason', 'stack', 'stalls'] as const;

/**
 * What a queue should hold: jobs in plain maps and lists. Knows nothing of batches, scores or Redis; every change is
 * made at once.
 */
export class QueueModel {
  readonly jobs = new Map<string, ModelJob>();
  /** The last ids that were jobs. */
  readonly removed = new Set<string>();
  readonly order: Record<ListedState, string[]>;
  readonly window = { count: 0, until: 0 };
  /** By the ids of deduplications. */
  readonly dedups = new Map<string, DedupKey>();
  paused = false;
  closedUntil = 0;
  /** When somebody who looks after locks was heard last. */
  heard: number | undefined;
  grace = { from: 0, until: 0 };
  private numbers = 0;

  constructor(
    /** What its keys begin with. */
    readonly base: string,
    /** Told of what seldom happens. */
    readonly saw: (what: string) => void,
  ) {
    this.order = Object.fromEntries(
      LISTED_STATES.map((state) => [state, [] as string[]]),
    ) as QueueModel['order'];
  }

  add(job: Pick<ModelJob, 'id' | 'head' | 'data'>): ModelJob {
    const added: ModelJob = { ...job, fields: {}, logs: [], place: 'waiting', due: 0, lockUntil: 0 };
    this.jobs.set(job.id, added);
    this.removed.delete(job.id);
    return added;
  }

  nextNumber(): string {
    this.numbers += 1;
    return String(this.numbers);
  }

  body(job: ModelJob): string {
    return job.head + job.data;
  }

  /** To where jobs wait for a worker: the class of their priority, or the plain list. */
  enqueue(job: ModelJob, priority: string | undefined, front: boolean): ListedState {
    const own = Number(priority ?? 0);
    if (own > 0) {
      const classOf = (id: string): number => Number(this.jobs.get(id)?.fields.priority);
      const list = this.order.prioritized;
      const at = list.findIndex((id) => (front ? classOf(id) >= own : classOf(id) > own));
      list.splice(at === -1 ? list.length : at, 0, job.id);
      job.place = 'prioritized';
    } else {
      if (front) this.order.waiting.unshift(job.id);
      else this.order.waiting.push(job.id);
      job.place = 'waiting';
    }
    return job.place;
  }

  delay(job: ModelJob, due: number): void {
    const list = this.order.delayed;
    const at = list.findIndex((id) => (this.jobs.get(id)?.due ?? 0) > due);
    list.splice(at === -1 ? list.length : at, 0, job.id);
    job.due = due;
    job.place = 'delayed';
  }

  append(job: ModelJob, place: ListedState): void {
    this.order[place].push(job.id);
    job.place = place;
  }

  takeOut(job: ModelJob): void {
    const list = this.order[job.place];
    list.splice(list.indexOf(job.id), 1);
  }

  /** With its membership. */
  remove(id: string): void {
    const job = this.jobs.get(id);
    if (job) {
      this.takeOut(job);
      this.forget(id);
    }
  }

  /** Of a job that has left its place. */
  forget(id: string): void {
    this.jobs.delete(id);
    this.removed.add(id);
    if (this.removed.size > REMEMBERED) this.removed.delete(this.removed.values().next().value as string);
  }

  /** A finished job becomes one that waits. */
  restart(job: ModelJob, front: boolean, ...dropped: (keyof JobFields)[]): void {
    this.takeOut(job);
    job.fields.state = this.enqueue(job, job.fields.priority, front);
    for (const field of [...FINISHED_FIELDS, ...dropped]) delete job.fields[field];
  }

  promoteDue(now: number): void {
    const due = this.order.delayed.filter((id) => this.job(id).due <= now).slice(0, CAPS.PROMOTE_CAP);
    for (const job of due.map((id) => this.job(id))) {
      this.takeOut(job);
      const place = this.enqueue(job, job.fields.priority, false);
      if (job.fields.state !== undefined) job.fields.state = place;
    }
  }

  /** Milliseconds until the next delayed job, -1 when there is none. */
  dueIn(now: number): number {
    const first = this.order.delayed[0];
    return first === undefined ? -1 : Math.max(this.job(first).due - now, 0);
  }

  fetch(grant: ModelGrant, now: number): { jobs: GrantedJob[]; limitedForMs: number } {
    const { left, ends } = this.limit(grant, now);
    const want = Math.max(Math.min(grant.want, CAPS.FETCH_CAP, left), 0);
    const ids = [...this.order.waiting, ...this.order.prioritized].slice(0, want);
    const jobs = ids.map((id) => this.grant(this.job(id), grant, now));
    if (grant.max > 0 && jobs.length > 0) {
      this.window.count = (now < this.window.until ? this.window.count : 0) + jobs.length;
      this.window.until = ends;
    }
    const limited = left < 1 || (grant.max > 0 && want > 0 && left <= jobs.length);
    return { jobs, limitedForMs: limited ? ends - now : 0 };
  }

  grant(job: ModelJob, { worker, name, lock }: Omit<ModelGrant, 'want'>, now: number): GrantedJob {
    const before = { ...job.fields };
    const number = Number(/\d+$/.exec(job.fields.token ?? '0')?.[0]) + 1;
    this.takeOut(job);
    this.append(job, 'active');
    job.lockUntil = now + lock;
    Object.assign(job.fields, {
      state: 'active',
      token: `${worker}:${number}`,
      attemptsStarted: String(Number(job.fields.attemptsStarted ?? 0) + 1),
      processedOn: String(now),
      ...(name === '' ? {} : { processedBy: name }),
    });
    return { id: job.id, body: this.body(job), token: job.fields.token as string, fields: before };
  }

  /** Held jobs whose lock has expired, the first expired first. */
  expired(now: number): ModelJob[] {
    const byExpiry = (a: ModelJob, b: ModelJob): number =>
      a.lockUntil - b.lockUntil || (a.id < b.id ? -1 : 1);
    return this.order.active
      .map((id) => this.job(id))
      .filter(({ lockUntil }) => lockUntil <= now)
      .sort(byExpiry);
  }

  job(id: string): ModelJob {
    return this.jobs.get(id) as ModelJob;
  }

  private limit({ max, duration }: ModelGrant, now: number): { left: number; ends: number } {
    if (now < this.closedUntil) return { left: 0, ends: this.closedUntil };
    if (max === 0) return { left: Infinity, ends: now };
    if (now >= this.window.until) return { left: max, ends: now + duration };
    return { left: Math.max(max - this.window.count, 0), ends: this.window.until };
  }
}
