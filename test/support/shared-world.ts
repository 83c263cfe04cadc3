import type { Redis } from 'ioredis';
import { decodeCommitReply, encodeAddJobs, encodeCommit } from '../../lib/job/wire.generated.js';
import type * as generated from '../../lib/redis/scripts.generated.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { Random } from '../simulation/random.js';
import { auditQueue } from './audit-queue.js';
import { BODY } from './flow-call.js';
import { randomQueueName } from './queue-name.js';
import { SEED_TIME } from './seed-queue.js';

const LEASE_MS = 4000;
const STEPS = 200;
const QUEUES = 3;
const MOST_PARKED = 6;
const LOCK_MS = 1_000_000_000;

type Reply = (string | number)[];

interface Run {
  id: string;
  token: string;
  /** Whether the lease that it started under has ended at the home: it is not counted any more. */
  isOutlived: boolean;
}

interface Sharer {
  runner: ScriptRunner;
  keys: QueueKeys;
  /** How far its server's clock is from that of the home. */
  skewMs: number;
  runs: Run[];
  completed: number;
}

/** What a process is about to do next for the places of a queue; the first call of three has been made. */
interface Renewal {
  queue: Sharer;
  since: number;
  asked: Reply;
  lent?: Reply;
}

export interface SharedNumbers {
  concurrency: number;
  max: number;
  durationMs: number;
}

/**
 * Queues that share a limit, each on a server with a clock of its own, and processes that renew their leases: beside one another, with replies that
 * are lost, calls that come late or twice, and processes that die in between. What happens follows from a seed.
 */
export class SharedWorld {
  private now = SEED_TIME;
  private readonly queues: Sharer[];
  private readonly home: ScriptRunner;
  private readonly homeKeys: QueueKeys;
  private renewals: Renewal[] = [];
  private late: (() => Promise<unknown>)[] = [];
  private window = { ends: 0, started: 0 };
  private calls = 0;
  /** The most jobs that ran at a time, those that have outlived their lease included. */
  mostRunning = 0;

  constructor(
    private readonly client: Redis,
    prefix: string,
    private readonly random: Random,
    private readonly numbers: SharedNumbers,
    private readonly scripts: typeof generated,
  ) {
    const runnerOf = (keys: QueueKeys): ScriptRunner => new ScriptRunner(client, keys);
    this.homeKeys = new QueueKeys(prefix, randomQueueName());
    this.home = runnerOf(this.homeKeys);
    this.queues = Array.from({ length: QUEUES }, () => {
      const keys = new QueueKeys(prefix, randomQueueName());
      return { runner: runnerOf(keys), keys, skewMs: random.int(-100_000, 100_000), runs: [], completed: 0 };
    });
  }

  get completed(): number {
    return this.queues.reduce((sum, { completed }) => sum + completed, 0);
  }

  async live(): Promise<void> {
    const { concurrency, max, durationMs } = this.numbers;
    for (const queue of this.queues) {
      await queue.runner.run(this.scripts.setLimit, ['shared', concurrency, max, durationMs, 0, 1]);
    }
    for (let step = 0; step < STEPS; step += 1) {
      await this.step();
    }
    await this.finish();
  }

  async clear(): Promise<void> {
    for (const { base } of [this.homeKeys, ...this.queues.map(({ keys }) => keys)]) {
      const left = await this.client.keys(`${base.replaceAll(/[{}[\]*?\\]/g, '\\$&')}*`);
      if (left.length > 0) await this.client.unlink(left);
    }
  }

  private async step(): Promise<void> {
    const { random } = this;
    await random.weighted<() => Promise<unknown>>([
      [2, () => this.add(random.pick(this.queues))],
      [7, () => this.commit(random.pick(this.queues), random.int(0, 3), 0.3)],
      [5, () => this.count(random.pick(this.queues), random.chance(0.1))],
      [8, () => this.goOn()],
      [2, () => this.comeLate()],
      [2, async () => void (this.now += random.int(1, 900))],
      [0.5, async () => void (this.now += random.int(LEASE_MS / 2, LEASE_MS + 1500))],
      [0.5, () => this.pause(random.int(0, 1))],
      [0.3, () => this.lose()],
    ])();
    await this.check();
  }

  /** Nothing goes wrong any more. */
  private async finish(): Promise<void> {
    this.renewals = [];
    this.late = [];
    await this.pause(0);
    await this.share();
  }

  /** All have jobs all the time, and each comes to its turns. */
  private async share(): Promise<void> {
    const before = this.queues.map(({ completed }) => completed);
    const rounds = Math.max(40, this.numbers.durationMs / 20);
    for (let round = 0; round < rounds; round += 1) {
      for (const queue of this.queues) await this.add(queue);
      await this.goRound();
    }
    const done = this.queues.map(({ completed }, i) => completed - before[i]!);
    // Half of an even part: what runs at the end is not through, and the first of five windows may be another one's.
    const least = done.reduce((sum, each) => sum + each, 0) / QUEUES / 2;
    if (Math.min(...done) < least) throw new Error(`the queues have got through ${done.join(', ')} jobs`);
  }

  private async goRound(): Promise<void> {
    this.now += 100;
    for (const queue of this.queues) {
      await this.count(queue, false);
      while (this.renewals.length > 0) await this.renew(this.renewals.shift()!);
      await this.commit(queue, 3, 0.7);
      await this.check();
    }
  }

  private async add(queue: Sharer): Promise<void> {
    const backlog = await this.client.zcard(queue.keys.of('limited'));
    if (backlog > MOST_PARKED) return;
    this.calls += 1;
    const size = this.random.int(1, 4);
    const rest = encodeAddJobs(Array.from({ length: size }, () => ['', ',,,;shared', BODY] as const));
    const args = [this.now + queue.skewMs, 'adds', String(this.calls), 0] as const;
    await queue.runner.run(this.scripts.addJobs, args, rest);
  }

  private async commit(queue: Sharer, want: number, share: number): Promise<void> {
    const ending = queue.runs.filter(() => this.random.chance(share));
    queue.runs = queue.runs.filter((run) => !ending.includes(run));
    this.calls += 1;
    const seq = String(this.calls);
    const args = [
      ...([this.now + queue.skewMs, 'worker', seq, 0, want, `w${seq}`, '', LOCK_MS, 0, 0, 0, ',,,'] as const),
    ] as const;
    const entries = encodeCommit(ending.map(({ id, token }) => ['complete', id, token, '1', '0,,'] as const));
    const { started } = decodeCommitReply(await queue.runner.run(this.scripts.commit, args, entries));
    queue.completed += ending.length;
    for (const { id, token } of started) {
      queue.runs.push({ id, token, isOutlived: false });
      await this.countStart(queue);
    }
  }

  private async countStart({ keys }: Sharer): Promise<void> {
    if (this.numbers.concurrency > 0) {
      const lease = await this.client.hget(this.lentKey, `holder:${keys.base}`);
      if (!(Number(lease?.split(',')[2]) > this.now)) throw new Error('a job has started without a lease');
    }
    if (this.numbers.max === 0) return;
    const [ends, length] = await this.client.hmget(this.lentKey, 'windowEnds', 'windowLength');
    if (Number(ends) <= this.now) {
      throw new Error(`a job has started outside of the windows: ${this.now}, ${ends}, ${length}`);
    }
    if (Number(ends) !== this.window.ends) this.window = { ends: Number(ends), started: 0 };
    this.window.started += 1;
    if (this.window.started > this.numbers.max) {
      throw new Error(`${this.window.started} jobs have started in a window of ${this.numbers.max}`);
    }
  }

  private get lentKey(): string {
    return this.homeKeys.derived('lent', 'shared');
  }

  /** The first of the calls by which a process renews a lease. */
  private async count(queue: Sharer, leaving: boolean): Promise<void> {
    const reply = (await queue.runner.run(this.scripts.countPlaces, [
      this.now + queue.skewMs,
      leaving ? 1 : 0,
    ])) as Reply;
    const [since, ...asked] = reply;
    if (asked.length > 0) this.renewals.push({ queue, since: Number(since), asked });
  }

  /** One of the renewals that are under way: its next call, or its end by a process that dies. */
  private async goOn(): Promise<void> {
    const { random, renewals } = this;
    if (renewals.length === 0) return;
    const renewal = random.pick(renewals);
    if (random.chance(0.1)) {
      this.renewals = renewals.filter((each) => each !== renewal);
    } else {
      await this.advance(renewal);
    }
  }

  private async renew(renewal: Renewal): Promise<void> {
    while (!(await this.advance(renewal)));
  }

  /** Returns whether it is over. */
  private async advance(renewal: Renewal): Promise<boolean> {
    const make = renewal.lent ? () => this.take(renewal) : () => this.lend(renewal);
    if (this.random.chance(0.25)) this.late.push(make);
    const isLast = renewal.lent !== undefined;
    const reply = await make();
    if (isLast || this.random.chance(0.05)) {
      this.renewals = this.renewals.filter((each) => each !== renewal);
      return true;
    }
    renewal.lent = reply as Reply;
    return false;
  }

  private lend({ queue, asked }: Renewal): Promise<unknown> {
    const [name, number, has, needed, lacking, ...numbers] = asked;
    const counts = [number, has, needed, lacking].map(Number) as [number, number, number, number];
    const [concurrency, max, duration] = numbers.map(Number) as [number, number, number];
    const args = [
      ...([this.now, String(name), queue.keys.base, ...counts, LEASE_MS] as const),
      ...([concurrency, max, duration] as const),
    ] as const;
    return this.home.run(this.scripts.lendPlaces, args);
  }

  private take({ queue, since, lent }: Renewal): Promise<unknown> {
    const [number, places, starts, window, left, concurrency, max, duration, paused] = lent!.map(Number);
    const args = [
      ...([this.now + queue.skewMs, 'shared', number!, places!, since, LEASE_MS] as const),
      ...([starts!, window!, left!, concurrency!, max!, duration!, paused!] as const),
    ] as const;
    return queue.runner.run(this.scripts.takePlaces, args);
  }

  private async comeLate(): Promise<void> {
    const at = this.random.int(Math.max(this.late.length - 4, 0), Math.max(this.late.length - 1, 0));
    await this.late.splice(at, 1)[0]?.();
  }

  private async pause(paused: number): Promise<void> {
    await this.home.run(this.scripts.shareLimit, ['shared', paused === 1 ? 'pause' : 'resume', 0, 0, 0]);
  }

  /** A queue loses what it knows of the limit, as by an eviction, and shares it anew. */
  private async lose(): Promise<void> {
    const queue = this.random.pick(this.queues);
    if (queue.runs.length > 0) return;
    const { concurrency, max, durationMs } = this.numbers;
    await queue.runner.run(this.scripts.removeLimit, ['shared']);
    await queue.runner.run(this.scripts.setLimit, ['shared', concurrency, max, durationMs, 0, 1]);
  }

  private async check(): Promise<void> {
    const home = await this.client.hgetall(this.lentKey);
    let counted = 0;
    let all = 0;
    for (const queue of this.queues) {
      const [, , ends] = (home[`holder:${queue.keys.base}`] ?? '').split(',');
      for (const run of queue.runs) {
        run.isOutlived ||= !(Number(ends) > this.now);
        counted += run.isOutlived ? 0 : 1;
        all += 1;
      }
    }
    this.mostRunning = Math.max(this.mostRunning, all);
    if (this.numbers.concurrency > 0 && counted > this.numbers.concurrency) {
      throw new Error(`${counted} jobs run, ${this.numbers.concurrency} may: ${JSON.stringify(home)}`);
    }
    if (this.calls % 10 === 0) {
      for (const { keys } of this.queues) {
        const faults = await auditQueue(this.client, keys.prefix, keys.queueName);
        if (faults.length > 0) throw new Error(faults.join(', '));
      }
    }
  }
}
