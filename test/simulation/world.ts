import type { CommitReply, Call, RecoverReply, Reply } from './call.js';
import { FakeWorker, type Held } from './fake-worker.js';
import { Lane, sameCall } from './lane.js';
import type { Random } from './random.js';
import { CAPS } from './simulated-scripts.js';
import type { SimulatedQueue } from './simulated-queue.js';
import { Violation } from './violation.js';

/** All that a seed decides before the first step. */
export interface WorldOptions {
  workers: number;
  lockMs: number;
  maxStalls: number;
  /** 0 for no limit. */
  limitMax: number;
  limitMs: number;
  /** Share of jobs that are deduplicated. */
  deduplicated: number;
}

const ENDINGS = new Set(['complete', 'fail', 'retry', 'postpone']);

/** Every fourth seed is of a queue of plain jobs. */
export function drawOptions(random: Random, seed: number): WorldOptions {
  return {
    workers: random.int(3, 6),
    lockMs: 30_000,
    maxStalls: random.int(0, 3),
    limitMax: random.chance(0.5) ? random.int(2, 6) : 0,
    limitMs: 4000,
    deduplicated: [0, 0.8, 0.7, 0.5][seed % 4] as number,
  };
}

/** The processes around a queue, and the network between: answers get lost, calls come twice, workers die or freeze. */
export class World {
  workers: FakeWorker[];
  readonly clients = ['producer', 'operator'].flatMap((name) => [
    new Lane(`${name}.0`),
    new Lane(`${name}.1`),
  ]);
  private hired = 0;

  constructor(
    readonly queue: SimulatedQueue,
    readonly random: Random,
    readonly options: WorldOptions,
    /** Share of answers that get lost. */
    public loss = 0.08,
  ) {
    this.workers = Array.from({ length: options.workers }, () => this.hire());
    this.clients.forEach(({ writer }) => queue.knowWriter(writer));
    queue.afterCall = (call) => this.checkHolders(call);
  }

  get now(): number {
    return this.queue.now;
  }

  hire(): FakeWorker {
    this.hired += 1;
    const worker = new FakeWorker(`w${this.hired}`, this.options.lockMs);
    worker.lanes.forEach(({ writer }) => this.queue.knowWriter(writer));
    return worker;
  }

  awake(): FakeWorker[] {
    return this.workers.filter(({ frozen }) => !frozen);
  }

  /** A numbered call of a client, whose answer may get lost. */
  async ask(lane: Lane, ...call: Parameters<Lane['next']>): Promise<void> {
    await this.sendOn(lane, lane.next(...call));
  }

  /** Writes, and asks for `want` jobs. */
  async commit(
    worker: FakeWorker,
    lane: Lane,
    entries: string[],
    want: number,
    relay = false,
  ): Promise<void> {
    const { lockMs, limitMax, limitMs } = this.options;
    const grant = [want, worker.nextName(), worker.name, lockMs, limitMax, limitMs];
    const call = lane.next('commit', this.now, [relay ? 1 : 0, ...grant], entries);
    await this.sendOn(lane, call, worker);
  }

  /** Sends the call that a lane has no answer to again. */
  async repeat(lane: Lane, worker?: FakeWorker): Promise<void> {
    if (lane.unanswered) await this.sendOn(lane, sameCall(lane.unanswered, this.now), worker, lane.sentAt);
  }

  async renew(worker: FakeWorker): Promise<void> {
    const locks = worker.held.slice();
    worker.renewAt = locks.length > 0 ? this.now + worker.lockMs / 2 : Infinity;
    for (let first = 0; first < locks.length; first += CAPS.RENEW_CAP) {
      const slice = locks.slice(first, first + CAPS.RENEW_CAP);
      const rest = slice.flatMap(({ id, token }) => [id, token]);
      const lost = (await this.call({
        script: 'renewLocks',
        args: [this.now, worker.lockMs],
        rest,
      })) as string[];
      for (const lock of slice) {
        if (lost.includes(lock.id)) worker.drop(lock);
        else if (lock.lockUntil > 0) lock.lockUntil = this.now + worker.lockMs;
      }
    }
  }

  async recover(worker: FakeWorker): Promise<void> {
    const { lockMs, maxStalls } = this.options;
    const args = [this.now, worker.nextName(), lockMs, maxStalls, 2 ** 40];
    const { ids, jobs } = (await this.call({ script: 'recoverStalled', args, rest: [] })) as RecoverReply;
    if (ids.length > 0) this.queue.count('job taken back');
    if (jobs.length > 0) this.queue.count('job stalled too often');
    if (!this.random.chance(this.loss)) worker.take(jobs, this.now, this.now);
  }

  /** Lets time pass; workers that are awake renew their locks on the way. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      const next = this.awake().reduce<FakeWorker | undefined>(
        (first, worker) => (worker.renewAt < (first?.renewAt ?? Infinity) ? worker : first),
        undefined,
      );
      if (!next || next.renewAt > until) break;
      this.queue.now = Math.max(next.renewAt, this.now);
      await this.renew(next);
    }
    this.queue.now = until;
  }

  call(call: Call): Promise<Reply> {
    return this.queue.call(call);
  }

  private async sendOn(lane: Lane, call: Call, worker?: FakeWorker, sentAt = this.now): Promise<void> {
    this.giveUp(worker, call);
    const reply = await this.call(call);
    if (this.random.chance(this.loss)) {
      lane.unanswered = call;
      lane.sentAt = sentAt;
      this.queue.count('answer lost');
      return;
    }
    if (lane.unanswered) this.queue.count('answer came late');
    lane.unanswered = undefined;
    if (worker && reply !== undefined) this.learn(worker, call, reply as CommitReply, sentAt);
  }

  /** Of a lock whose end is on its way, the worker can no longer say that it holds it. */
  private giveUp(worker: FakeWorker | undefined, { rest }: Call): void {
    for (const held of worker?.held ?? []) {
      if (endings(rest).some(({ id, token }) => held.id === id && held.token === token)) held.lockUntil = 0;
    }
  }

  private learn(
    worker: FakeWorker,
    { rest }: Call,
    { words, limitedForMs, jobs }: CommitReply,
    sentAt: number,
  ): void {
    endings(rest).forEach((lock) => worker.drop(lock));
    if (jobs.length > 0 && sentAt < this.now) this.queue.count('jobs came late');
    if (limitedForMs > 0) this.queue.count('starts were limited');
    words.forEach((word) => this.queue.count(`answer ${kindOf(word)}`));
    worker.take(jobs, sentAt, this.now);
  }

  /** A worker that renewed in time still has its jobs. */
  private checkHolders({ script }: Call): void {
    const { jobs, places } = this.queue.snapshot;
    for (const { held, name } of this.workers) {
      for (const { id, token, lockUntil } of held) {
        const kept = places.active.has(id) && jobs.get(id)?.fields.token === token;
        if (lockUntil > this.now && !kept) {
          throw new Violation(
            `job ${id} was taken from ${name} by ${script}, although its lock was renewed in time`,
          );
        }
      }
    }
  }
}

function kindOf(word: string): string {
  const kinds: Record<string, string> = { '+': 'added', '=': 'known', '~': 'deduplicated' };
  return kinds[word.charAt(0)] ?? (/^\d+$/.test(word) ? 'number' : word);
}

function endings(rest: readonly string[]): Pick<Held, 'id' | 'token'>[] {
  return rest.flatMap((part, i) =>
    ENDINGS.has(part) ? [{ id: rest[i + 1] as string, token: rest[i + 2] as string }] : [],
  );
}
