import type { JobWrite } from '../../lib/job/job-write.js';
import { encodeCommit, encodeRenewLocks } from '../../lib/job/wire.generated.js';
import type { CommitReply, Call, RecoverReply } from './call.js';
import { ScriptWorker, type Held } from './script-worker.js';
import { CallSession, sameCall } from './call-session.js';
import { silenceOf } from '../../lib/job/silence.js';
import type { Random } from './random.js';
import { CAPS } from './simulated-scripts.js';
import type { SimulatedQueue } from './simulated-queue.js';
import type { SimulationLog } from './simulation-log.js';
import { Violation } from './violation.js';
import type { WorldOptions } from './world-options.js';

const ENDINGS = new Set(['complete', 'fail', 'retry', 'postpone']);

/** A queue and the programs at it that are no workers. */
export interface Site {
  queue: SimulatedQueue;
  producers: CallSession[];
  operators: CallSession[];
}

/** The processes around queues, and the network between: answers get lost, calls come twice, workers die or freeze. */
export class World {
  readonly sites: readonly Site[];
  workers: ScriptWorker[];
  private hired = 0;

  constructor(
    readonly queues: readonly SimulatedQueue[],
    readonly random: Random,
    readonly options: WorldOptions,
    private readonly clock: { now: number },
    private readonly log: SimulationLog,
    /** Share of answers that get lost. */
    public loss = 0.08,
  ) {
    this.sites = queues.map((queue) => {
      const sessions = (name: string): CallSession[] => [
        new CallSession(`${name}.0`, queue),
        new CallSession(`${name}.1`, queue),
      ];
      queue.afterCall = (call) => this.checkHolders(queue, call);
      return { queue, producers: sessions('producer'), operators: sessions('operator') };
    });
    this.workers = Array.from({ length: options.workers }, (_, i) =>
      this.hire(queues[i % queues.length] as SimulatedQueue),
    );
  }

  get now(): number {
    return this.clock.now;
  }

  get clients(): CallSession[] {
    return this.sites.flatMap(({ producers, operators }) => [...producers, ...operators]);
  }

  site(): Site {
    return (this.sites.length > 1 ? this.random.pick(this.sites) : this.sites[0]) as Site;
  }

  hire(queue: SimulatedQueue): ScriptWorker {
    this.hired += 1;
    return new ScriptWorker(`w${this.hired}`, this.options.lockMs, queue);
  }

  awake(): ScriptWorker[] {
    return this.workers.filter(({ frozen }) => !frozen);
  }

  count(what: string): void {
    this.log.count(what);
  }

  /** A numbered call of a client, whose answer may get lost. */
  async ask(session: CallSession, ...call: Parameters<CallSession['next']>): Promise<void> {
    await this.sendOn(session, session.next(...call));
  }

  /** Writes, and asks for `want` jobs. */
  async commit(
    worker: ScriptWorker,
    session: CallSession,
    entries: readonly JobWrite[],
    want: number,
    relay = false,
  ): Promise<void> {
    const { lockMs, limitMax, limitMs } = this.options;
    const grant = [want, worker.nextName(), worker.name, lockMs, limitMax, limitMs, 0, ',,,'];
    const call = session.next('commit', this.now, [relay ? 1 : 0, ...grant], encodeCommit(entries));
    await this.sendOn(session, call, worker);
  }

  /** Sends the call that a session has no answer to again. */
  async repeat(session: CallSession, worker?: ScriptWorker): Promise<void> {
    if (session.unanswered)
      await this.sendOn(session, sameCall(session.unanswered, this.now), worker, session.sentAt);
  }

  async renew(worker: ScriptWorker): Promise<void> {
    const locks = worker.held.slice();
    worker.renewAt = locks.length > 0 ? this.now + worker.lockMs / 2 : Infinity;
    for (let first = 0; first < locks.length; first += CAPS.RENEW_CAP) {
      const slice = locks.slice(first, first + CAPS.RENEW_CAP);
      const rest = encodeRenewLocks(slice.map(({ id, token }) => [id, token]));
      const [lost] = (await worker.queue.call({
        script: 'renewLocks',
        args: [this.now, worker.lockMs, ...this.silence],
        rest,
      })) as [string[], string[]];
      for (const lock of slice) {
        if (lost.includes(lock.id)) worker.drop(lock);
        else if (lock.lockUntil > 0) lock.lockUntil = this.now + worker.lockMs;
      }
    }
  }

  async recover(worker: ScriptWorker): Promise<void> {
    const { lockMs, maxStalls } = this.options;
    const args = [this.now, worker.nextName(), lockMs, maxStalls, 2 ** 40, ...this.silence, 1];
    const { ids, jobs, graceMs } = (await worker.queue.call({
      script: 'recoverStalled',
      args,
      rest: [],
    })) as RecoverReply;
    if (graceMs > 0) this.count('grace');
    if (ids.length > 0) this.count('job taken back');
    if (jobs.length > 0) this.count('job stalled too often');
    if (!this.random.chance(this.loss)) worker.take(jobs, this.now, this.now);
  }

  /** As workers name it: half a lock without a call, and the time of one lock to renew. */
  private get silence(): [silence: number, grace: number] {
    const { silenceMs, graceMs } = silenceOf(this.options.lockMs);
    return [silenceMs, graceMs];
  }

  /** Redis stands still for longer than locks last. Whoever held one then has a grace to renew it. */
  freezeServer(ms: number): void {
    const { graceMs } = silenceOf(this.options.lockMs);
    for (const worker of this.awake()) {
      if (worker.queue.model.heard === undefined) continue;
      for (const lock of worker.held.filter(({ lockUntil }) => lockUntil > this.now)) {
        lock.graceUntil = this.now + ms + graceMs - 1;
      }
    }
    this.clock.now += ms;
    this.count('server frozen');
  }

  /** Lets time pass; workers that are awake renew their locks on the way. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      const next = this.awake().reduce<ScriptWorker | undefined>(
        (first, worker) => (worker.renewAt < (first?.renewAt ?? Infinity) ? worker : first),
        undefined,
      );
      if (!next || next.renewAt > until) break;
      this.clock.now = Math.max(next.renewAt, this.now);
      await this.renew(next);
    }
    this.clock.now = until;
  }

  private async sendOn(
    session: CallSession,
    call: Call,
    worker?: ScriptWorker,
    sentAt = this.now,
  ): Promise<void> {
    this.giveUp(worker, call);
    const reply = await session.queue.call(call);
    if (this.random.chance(this.loss)) {
      session.unanswered = call;
      session.sentAt = sentAt;
      this.count('answer lost');
      return;
    }
    if (session.unanswered) this.count('answer came late');
    session.unanswered = undefined;
    if (worker && reply !== undefined) this.learn(worker, call, reply as CommitReply, sentAt);
  }

  /** Of a lock whose end is on its way, the worker can no longer say that it holds it. */
  private giveUp(worker: ScriptWorker | undefined, { rest }: Call): void {
    for (const held of worker?.held ?? []) {
      if (endings(rest).some(({ id, token }) => held.id === id && held.token === token)) held.lockUntil = 0;
    }
  }

  private learn(
    worker: ScriptWorker,
    { rest }: Call,
    { words, limitedForMs, jobs }: CommitReply,
    sentAt: number,
  ): void {
    endings(rest).forEach((lock) => worker.drop(lock));
    if (jobs.length > 0 && sentAt < this.now) this.count('jobs came late');
    if (limitedForMs > 0) this.count('starts were limited');
    words.forEach((word) => this.count(`answer ${kindOf(word)}`));
    worker.take(jobs, sentAt, this.now);
  }

  /** A worker that renewed in time still has its jobs. The grace after a silence is one of recovery: users may take them. */
  private checkHolders(queue: SimulatedQueue, { script }: Call): void {
    const { jobs, places } = queue.snapshot;
    for (const { held, name } of this.workers.filter((worker) => worker.queue === queue)) {
      for (const lock of held) {
        const { id, token, lockUntil, graceUntil = 0 } = lock;
        const until =
          script === 'recoverStalled' && lockUntil > 0 ? Math.max(lockUntil, graceUntil) : lockUntil;
        const kept = places.active.has(id) && jobs.get(id)?.fields.token === token;
        if (!kept && script !== 'recoverStalled') lock.graceUntil = 0;
        if (until > this.now && !kept) {
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
