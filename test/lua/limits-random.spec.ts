import { describe, expect, it } from '@jest/globals';
import {
  addJobs,
  cancelJob,
  changePriority,
  drainQueue,
  limitQueue,
  pauseLimit,
  pauseQueue,
  promoteJobs,
  recoverStalled,
  removeJob,
  removeLimit,
  retryJob,
  setLimit,
} from '../../lib/redis/scripts.generated.js';
import { Random } from '../simulation/random.js';
import { runCommit } from '../support/commit-call.js';
import type { QueueDump } from '../support/dump-queue.js';
import { BODY } from '../support/flow-call.js';
import { ScriptLab, SEED_TIME } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NAMES = ['a', 'b', 'c'];
const LOCK_MS = 2000;
const STEPS = 100;

interface Held {
  id: string;
  token: string;
}

/** Whatever users, workers and time do to a queue with limits, in an order that follows from a seed. */
class LimitedWorld {
  now = SEED_TIME;
  held: Held[] = [];
  /** Tokens of runs that may only fail any more. */
  private readonly doomed = new Set<string>();
  private seq = 0;

  constructor(readonly random: Random) {}

  async step(): Promise<void> {
    const { random } = this;
    const acts = [
      () => this.add(),
      () => this.add(),
      () => this.commit(random.int(0, 4)),
      () => this.commit(random.int(0, 4)),
      () => this.commit(random.int(0, 4)),
      () => this.change(),
      () => this.meddle(),
      async () => void (this.now += random.int(1, 900)),
      () => this.recover(),
    ];
    await random.pick(acts)();
    await this.check();
  }

  /** Nothing breaks any more, limits stay as they are, and all that may run ends. */
  async finish(): Promise<void> {
    // Whoever holds a lock that was lost meanwhile gives up.
    await lab.run(pauseQueue, [0]);
    for (const name of NAMES) {
      await lab.run(setLimit, [name, 1, 0, 0, 0]);
      await lab.run(pauseLimit, [name, 0]);
    }
    for (let round = 0; round < 600; round += 1) {
      this.now += 1000;
      await this.recover();
      await this.commit(5, 'complete');
      const dump = await lab.dump();
      if (!['waiting', 'prioritized', 'delayed', 'active', 'limited'].some((key) => key in dump)) {
        this.held = [];
        return;
      }
    }
    throw new Error(`Not through: ${JSON.stringify(await lab.dump())}`);
  }

  private lane(): [string, string] {
    this.seq += 1;
    return ['user', String(this.seq)];
  }

  private async add(): Promise<void> {
    const { random } = this;
    const rest = Array.from({ length: random.int(1, 5) }, () => {
      const names = NAMES.filter(() => random.chance(0.4));
      const limits = names.length > 0 ? `?${names.join(';')}` : '';
      const delay = random.chance(0.1) ? random.int(1, 2000) : '';
      const priority = random.chance(0.3) ? random.int(1, 3) : '';
      return ['', `${delay},${priority},${random.chance(0.1) ? 1 : ''},${limits}`, BODY];
    }).flat();
    await lab.run(addJobs, [this.now, ...this.lane(), 1], rest);
  }

  private async commit(want: number, way?: string): Promise<void> {
    const { random } = this;
    const ending = this.held.filter(() => way !== undefined || random.chance(0.5));
    this.held = this.held.filter((held) => !ending.includes(held) && !random.chance(0.02));
    const entries = ending.map(({ id, token }) => {
      const usual = way ?? random.pick(['complete', 'fail', 'retry', 'postpone']);
      return this.ending(id, token, this.doomed.has(token) ? 'fail' : usual);
    });
    this.seq += 1;
    const { jobs, words, before, after } = await runCommit(lab, entries as never, {
      ...{
        now: this.now,
        seq: String(this.seq),
        writer: 'worker',
        want,
        worker: `w${this.seq}`,
        lock: LOCK_MS,
      },
    });
    this.held.push(...jobs.map(({ id, token }) => ({ id, token })));
    // A worker fails a run that it is told was cancelled.
    const cancelled = ending.filter((_, i) => words[i] === 'cancelled');
    cancelled.forEach(({ token }) => this.doomed.add(token));
    this.held.push(...cancelled);
    this.checkLimits(
      before,
      after,
      jobs.map(({ id }) => id),
    );
    if (jobs.length < want) this.checkNobodyStarves(after);
  }

  /** No limit lets more start than it had room for, with the places that this call has freed. */
  private checkLimits(before: QueueDump, after: QueueDump, started: readonly string[]): void {
    const held = Object.entries(fieldsOf(before, 'holders')).filter(
      ([id]) => !isActive(after, id) || started.includes(id),
    );
    for (const name of NAMES) {
      const freed = held.filter(([, names]) => names.split(',').includes(name)).length;
      const of = started.filter((id) => limitsOf(after, id).includes(name)).length;
      const room = Math.max(roomIn(before, name, this.now, freed), 0);
      if (of > room) throw new Error(`${of} jobs of ${name} were started, and there was room for ${room}`);
    }
    const most = concurrencyOf(after);
    if (started.length > 0 && (after.active as unknown[]).length > most) {
      throw new Error(`more than ${most} jobs run`);
    }
  }

  /** A fetch that came back short has left nobody who could start. */
  private checkNobodyStarves(after: QueueDump): void {
    if (fieldsOf(after, 'meta').paused || ((after.active ?? []) as unknown[]).length >= concurrencyOf(after))
      return;
    for (const key of ['waiting', 'prioritized', 'limited']) {
      for (const entry of (after[key] ?? []) as (string | [string, number])[]) {
        const id = typeof entry === 'string' ? entry : entry[0];
        const isOpen = limitsOf(after, id).every((name) => roomIn(after, name, this.now) > 0);
        if (isOpen) throw new Error(`job ${id} in ${key} could start: ${JSON.stringify(after)}`);
      }
    }
  }

  private ending(id: string, token: string, way: string): string[] {
    const pause = String(this.random.int(0, 1) * 500);
    switch (way) {
      case 'fail':
        return ['fail', id, token, '"no"', '[]', this.random.pick(['', '0,,']), ''];
      case 'retry':
        return ['retry', id, token, '"no"', '[]', pause, ''];
      case 'postpone':
        return ['postpone', id, token, pause];
      default:
        return ['complete', id, token, '1', this.random.pick(['', '0,,', '3,,'])];
    }
  }

  private async change(): Promise<void> {
    const { random } = this;
    const name = random.pick(NAMES);
    const kind = random.int(0, 5);
    if (kind <= 1) {
      const [concurrency, max] = [random.int(0, 3), random.int(0, 3)];
      const duration = random.int(1, 1500);
      if (concurrency + max === 0) return;
      await lab.run(setLimit, [name, concurrency, max, duration, 0]);
    } else if (kind === 2) {
      await lab.run(removeLimit, [name]);
    } else if (kind === 3) {
      await lab.run(pauseLimit, [name, random.int(0, 1)]);
    } else if (kind === 4) {
      await lab.run(limitQueue, ['concurrency', random.int(0, 4), 0]);
    } else {
      await lab.run(pauseQueue, [random.chance(0.3) ? 1 : 0]);
    }
  }

  private async meddle(): Promise<void> {
    const { random } = this;
    const dump = await lab.dump();
    const ids = Object.keys(dump).flatMap((key) =>
      key.startsWith('body:') ? [key.slice('body:'.length)] : [],
    );
    if (ids.length === 0) return;
    const id = random.pick(ids);
    await random.pick([
      () => lab.run(removeJob, [this.now, ...this.lane(), id]),
      () => lab.run(cancelJob, [this.now, ...this.lane(), id, '"no"', random.pick(['', '0,,']), 1]),
      () => lab.run(changePriority, [this.now, ...this.lane(), id, random.int(0, 3), random.int(0, 1)]),
      () => lab.run(retryJob, [this.now, ...this.lane(), id, 'failed', 0, 0, 0]),
      () => lab.run(promoteJobs, [this.now], ids.slice(0, 3)),
      async () => random.chance(0.1) && lab.run(drainQueue, [this.now, 1, 0, 0, 0, '-inf', '-inf', '1,0,0']),
    ])();
  }

  private async recover(): Promise<void> {
    const { reply } = await lab.run(recoverStalled, [this.now, `r${this.now}`, LOCK_MS, 9, 1e9, 0, 0, 1]);
    // Those that stalled too often are handed over to be failed.
    const [, , , ...jobs] = reply as [string[], number, string[], ...unknown[]];
    for (let i = 0; i < jobs.length; i += 4) {
      const [id, , token] = jobs.slice(i, i + 3) as string[];
      this.held.push({ id: id!, token: token! });
      this.doomed.add(token!);
    }
  }

  private async check(): Promise<void> {
    const faults = await lab.audit();
    if (faults.length > 0) throw new Error(faults.join(', '));
  }
}

function fieldsOf(dump: QueueDump, key: string): Record<string, string> {
  return (dump[key] ?? {}) as Record<string, string>;
}

function isActive(dump: QueueDump, id: string): boolean {
  return ((dump.active ?? []) as [string, number][]).some(([active]) => active === id);
}

function limitsOf(dump: QueueDump, id: string): string[] {
  return fieldsOf(dump, `job:${id}`).limits?.split(',') ?? [];
}

function concurrencyOf(dump: QueueDump): number {
  return Number(fieldsOf(dump, 'meta').limits?.split(',')[0] || Infinity);
}

/** How many more a limit lets start. */
function roomIn(dump: QueueDump, name: string, now: number, freed = 0): number {
  const { running, concurrency, max, paused, awaited, count, until } = fieldsOf(dump, `limit:${name}`);
  if (running === undefined) return Infinity;
  if (paused || awaited) return 0;
  const places = concurrency === undefined ? Infinity : Number(concurrency) - Number(running) + freed;
  const starts = max === undefined ? Infinity : Number(max) - (Number(until ?? 0) > now ? Number(count) : 0);
  return Math.min(places, starts);
}

describe('limits, whatever happens', () => {
  it.each([1, 2, 3])(
    'keep what they promise (seed %d)',
    async (seed) => {
      const world = new LimitedWorld(new Random(seed));
      for (let step = 0; step < STEPS; step += 1) {
        await world.step();
      }
      await world.finish();
      expect(world.held).toEqual([]);
    },
    60_000,
  );
});
