import { randomEnding } from '../../support/random-ending.js';
import type { JobWrite } from '../../../lib/job/job-write.js';
import { encodeAddJobs } from '../../../lib/job/wire.generated.js';
import type { QueueDump } from '../../support/dump-queue.js';
import type { CommitReply } from '../call.js';
import type { Random } from '../random.js';
import type { ScriptArgs } from '../simulated-scripts.js';
import { Violation } from '../violation.js';
import {
  activeOf,
  concurrencyOf,
  expectedStarts,
  fieldsOf,
  limitsOf,
  roomIn,
  scoresOf,
} from './limit-state.js';
import type { LimitedQueue } from './limited-queue.js';

export const START = 1_600_000_000_000;
const NAMES = ['a', 'b', 'c'];
const BODY = 'job\n{}\n{}';
const LOCK_MS = 2000;

interface Held {
  id: string;
  token: string;
}

/** Whatever users, workers and time do to a queue with limits, in an order that follows from a seed. */
export class LimitedWorld {
  private now = START;
  private held: Held[] = [];
  /** Tokens of runs that may only fail any more. */
  private readonly doomed = new Set<string>();
  /** Jobs that were cancelled, and not retried since. */
  private readonly cancelled = new Set<string>();
  /** The window of each limit, as its starts are seen here. */
  private readonly windows = new Map<string, { until: number; count: number }>();
  private seq = 0;

  constructor(
    private readonly queue: LimitedQueue,
    private readonly random: Random,
  ) {}

  async step(): Promise<void> {
    const { random } = this;
    const act = random.weighted<() => Promise<unknown>>([
      [3, () => this.add()],
      [2, () => this.commit(random.int(0, 4))],
      [3, () => this.fetch(random.int(1, 4))],
      [2, () => this.change()],
      [1, () => this.meddle()],
      [1, () => this.cancel()],
      [1, async () => void (this.now += random.int(1, 900))],
      [1, () => this.recover()],
    ]);
    await act();
    await this.check();
  }

  /** Nothing breaks any more, limits stay as they are, and all that may run ends. */
  async finish(): Promise<void> {
    const { queue } = this;
    await queue.call('pauseQueue', [0]);
    for (const name of NAMES) {
      this.windows.delete(name);
      await queue.call('setLimit', [name, 1, 0, 0, 0, 0]);
      await queue.call('pauseLimit', [name, 0]);
    }
    for (let round = 0; round < 600; round += 1) {
      this.now += 1000;
      await this.recover();
      await this.commit(5, 'complete');
      const dump = await queue.dump();
      if (!['waiting', 'prioritized', 'delayed', 'active', 'limited'].some((key) => key in dump)) return;
    }
    throw new Violation(`not through: ${JSON.stringify(await queue.dump())}`);
  }

  private session(): [string, string] {
    this.seq += 1;
    return ['user', String(this.seq)];
  }

  private async add(): Promise<void> {
    const { random } = this;
    const jobs = Array.from({ length: random.int(1, 5) }, () => {
      const names = NAMES.filter(() => random.chance(0.4));
      const limits = names.length > 0 ? `?${names.join(';')}` : '';
      const delay = random.chance(0.1) ? random.int(1, 2000) : '';
      const priority = random.chance(0.5) ? random.int(1, 2) : '';
      return ['', `${delay},${priority},${random.chance(0.1) ? 1 : ''},${limits}`, BODY] as const;
    });
    await this.queue.call('addJobs', [this.now, ...this.session(), 1], encodeAddJobs(jobs));
  }

  /** Ends some jobs, and starts others. */
  private async commit(want: number, way?: string): Promise<void> {
    const { random } = this;
    const ending = this.held.filter(() => way !== undefined || random.chance(0.5));
    this.held = this.held.filter((held) => !ending.includes(held) && !random.chance(0.02));
    const entries = ending.map(({ id, token }) => {
      const usual = way ?? random.pick(['complete', 'fail', 'retry', 'postpone']);
      return randomEnding(this.random, id, token, this.doomed.has(token) ? 'fail' : usual);
    });
    const { words } = await this.send(want, entries);
    ending.forEach(({ id }, i) => {
      if (entries[i]![0] === 'complete' && words[i] === 'ok' && this.cancelled.has(id)) {
        throw new Violation(`job ${id} was cancelled, and its run has completed`);
      }
    });
    // A worker fails a run that it is told was cancelled.
    const cancelled = ending.filter((_, i) => words[i] === 'cancelled');
    cancelled.forEach(({ token }) => this.doomed.add(token));
    this.held.push(...cancelled);
  }

  /** Starts jobs in a call that does nothing else: which ones is known before. */
  private async fetch(want: number): Promise<void> {
    // What is due goes to wait.
    await this.send(0, []);
    const expected = expectedStarts(await this.queue.dump(), want, this.now);
    const { jobs } = await this.send(want, []);
    const started = jobs.map(({ id }) => id).join();
    if (started !== expected.join()) {
      const state = JSON.stringify(await this.queue.dump());
      throw new Violation(
        `jobs ${started} were started, and it was the turn of ${expected.join()}: ${state}`,
      );
    }
    if (expected.length > 0) this.queue.see('turn');
  }

  /** The network may bring a copy of the call, which changes nothing. */
  private async send(want: number, entries: JobWrite[]): Promise<CommitReply> {
    this.seq += 1;
    const seq = String(this.seq);
    const args: ScriptArgs<'commit'> = [
      this.now,
      'worker',
      seq,
      0,
      want,
      `w${this.seq}`,
      '',
      LOCK_MS,
      0,
      0,
      0,
      ',,,',
    ];
    const before = await this.queue.dump();
    const reply = await this.queue.commit(args, entries);
    const after = await this.queue.dump();
    if (this.random.chance(0.1)) {
      await this.queue.commit(args, entries);
      const again = await this.queue.dump();
      const changed = [...new Set([...Object.keys(after), ...Object.keys(again)])].filter(
        (key) => JSON.stringify(again[key]) !== JSON.stringify(after[key]),
      );
      if (changed.length > 0) throw new Violation(`a copy of a call changed ${changed.join()}`);
      this.queue.see('commit repeated');
    }
    this.held.push(...reply.jobs.map(({ id, token }) => ({ id, token })));
    this.checkStarts(
      before,
      after,
      reply.jobs.map(({ id }) => id),
    );
    if (reply.jobs.length < want) this.checkNobodyStarves(after);
    this.checkTurns(before, after);
    return reply;
  }

  /** Whoever has to wait for another limit keeps the turn that it had. */
  private checkTurns(before: QueueDump, after: QueueDump): void {
    const still = new Set(scoresOf(after, 'limited').map(([id]) => id));
    for (const [id] of scoresOf(before, 'limited')) {
      const [had, has] = [before, after].map((dump) => fieldsOf(dump, `job:${id}`).turn);
      if (still.has(id) && had !== has) throw new Violation(`job ${id} had turn ${had}, and has ${has}`);
    }
  }

  private checkStarts(before: QueueDump, after: QueueDump, started: readonly string[]): void {
    for (const name of NAMES) {
      const count = started.filter((id) => limitsOf(after, id).includes(name)).length;
      if (count === 0) continue;
      const { concurrency, paused, awaited, max, duration } = fieldsOf(before, `limit:${name}`);
      if (paused || awaited) throw new Violation(`jobs of ${name} were started, which lets nobody start`);
      const active = activeOf(after, name);
      if (active > Number(concurrency ?? Infinity)) throw new Violation(`${active} jobs of ${name} run`);
      this.checkWindow(name, count, Number(max ?? Infinity), Number(duration));
    }
    const active = scoresOf(after, 'active').length;
    if (started.length > 0 && active > concurrencyOf(after)) throw new Violation(`${active} jobs run`);
  }

  private checkWindow(name: string, count: number, max: number, duration: number): void {
    const window = this.windows.get(name) ?? { until: 0, count: 0 };
    if (this.now >= window.until) Object.assign(window, { until: this.now + duration, count: 0 });
    window.count += count;
    this.windows.set(name, window);
    if (window.count > max)
      throw new Violation(`${window.count} jobs of ${name} were started in a window of ${max}`);
  }

  /** A fetch that came back short has left nobody who could start. */
  private checkNobodyStarves(after: QueueDump): void {
    const isMaxed = scoresOf(after, 'active').length >= concurrencyOf(after);
    if (fieldsOf(after, 'meta').paused || isMaxed) return;
    for (const key of ['waiting', 'prioritized', 'limited']) {
      for (const entry of (after[key] ?? []) as (string | [string, number])[]) {
        const id = typeof entry === 'string' ? entry : entry[0];
        const isOpen = limitsOf(after, id).every((name) => roomIn(after, name, this.now) > 0);
        if (isOpen) throw new Violation(`job ${id} in ${key} could start: ${JSON.stringify(after)}`);
      }
    }
  }

  private async change(): Promise<void> {
    const { random, queue } = this;
    const name = random.pick(NAMES);
    const kind = random.int(0, 9);
    if (kind <= 1) {
      const [concurrency, max, duration] = [random.int(0, 3), random.int(0, 3), random.int(1, 1500)];
      if (concurrency + max === 0) return;
      await queue.call('setLimit', [name, concurrency, max, duration, 0, 0]);
      // A window that is open goes on with the length that it had.
      const { until = 0, count = 0 } = fieldsOf(await queue.dump(), `limit:${name}`);
      this.windows.set(name, { until: Number(until), count: Number(count) });
    } else if (kind === 2) {
      this.windows.delete(name);
      await queue.call('removeLimit', [name]);
    } else if (kind === 3 || kind === 6 || kind === 7) {
      await queue.call('pauseLimit', [name, random.int(0, 1)]);
    } else if (kind === 4) {
      await queue.call('limitQueue', ['concurrency', random.int(0, 4), 0]);
    } else if (kind > 7) {
      await this.openAll();
    } else {
      await queue.call('pauseQueue', [random.chance(0.3) ? 1 : 0]);
    }
  }

  /** Jobs of several limits may go at once. */
  private async openAll(): Promise<void> {
    for (const name of NAMES) {
      this.windows.delete(name);
      await this.queue.call('setLimit', [name, this.random.int(2, 4), 0, 0, 0, 0]);
      await this.queue.call('pauseLimit', [name, 0]);
    }
  }

  private async cancel(): Promise<void> {
    const id = await this.anyJob();
    if (id === undefined) return;
    const [writer, seq] = this.session();
    const [keep, undo] = [this.random.pick(['', '0,,']), this.random.int(0, 1)];
    const word = await this.queue.call('cancelJob', [this.now, writer, seq, id, '"no"', keep, undo]);
    if (word === 'cancelled' || word === 'cancelling') this.cancelled.add(id);
  }

  private async meddle(): Promise<void> {
    const { random, queue } = this;
    const id = await this.anyJob();
    if (id === undefined) return;
    const session = this.session();
    await random.pick([
      () => queue.call('removeJob', [this.now, ...session, id]),
      () => queue.call('changePriority', [this.now, ...session, id, random.int(0, 3), random.int(0, 1)]),
      () => this.retry(id, session),
      () => queue.call('promoteJobs', [this.now], [id]),
      async () =>
        random.chance(0.1) && queue.call('drainQueue', [this.now, 1, 0, 0, 0, '-inf', '-inf', '1,0,0']),
    ])();
  }

  private async retry(id: string, session: [string, string]): Promise<void> {
    const word = await this.queue.call('retryJob', [this.now, ...session, id, 'failed', 0, 0, 0]);
    if (word === 'ok') this.cancelled.delete(id);
  }

  private async anyJob(): Promise<string | undefined> {
    const ids = Object.keys(await this.queue.dump()).flatMap((key) =>
      key.startsWith('body:') ? [key.slice('body:'.length)] : [],
    );
    return ids.length > 0 ? this.random.pick(ids) : undefined;
  }

  private async recover(): Promise<void> {
    const args: ScriptArgs<'recoverStalled'> = [this.now, `r${this.now}`, LOCK_MS, 9, 1e9, 0, 0, 1];
    const [, , , ...jobs] = (await this.queue.call('recoverStalled', args)) as [
      string[],
      number,
      string[],
      ...unknown[],
    ];
    // Those that stalled too often are handed over to be failed.
    for (let i = 0; i < jobs.length; i += 4) {
      const [id, , token] = jobs.slice(i, i + 3) as string[];
      this.held.push({ id: id!, token: token! });
      this.doomed.add(token!);
    }
  }

  private async check(): Promise<void> {
    await this.queue.audit();
    const dump = await this.queue.dump();
    for (const [id] of scoresOf(dump, 'completed')) {
      if (this.cancelled.has(id)) throw new Violation(`job ${id} was cancelled, and has completed`);
    }
  }
}
