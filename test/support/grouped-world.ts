import { randomEnding } from './random-ending.js';
import type { JobWrite } from '../../lib/job/job-write.js';
import { encodeAddJobs, groupGrantText } from '../../lib/job/wire.generated.js';
import type * as generated from '../../lib/redis/scripts.generated.js';
import { Random } from '../simulation/random.js';
import { readGroupRecord } from './audit-groups.js';
import { runCommit, type StartedJob } from './commit-call.js';
import type { QueueDump } from './dump-queue.js';
import { BODY } from './flow-call.js';
import { groupedSpec } from './grouped-jobs.js';
import { type ScriptLab, SEED_TIME } from './script-lab.js';

const GROUPS = ['a', 'b', 'c', 'd'];
const STEPS = 150;
const LOCK_MS = 2000;
/** What workers say of groups without limits of their own: concurrency, max, duration. */
const GRANT = [2, 4, 700] as const;

interface Held {
  id: string;
  token: string;
}

/** Whatever users, workers and time do to a queue with groups, in an order that follows from a seed. */
export class GroupedWorld {
  now = SEED_TIME;
  held: Held[] = [];
  /** Tokens of runs that may only fail any more. */
  private readonly doomed = new Set<string>();
  private seq = 0;

  /**
   * @param hasLimits whether the queue has limits of its own, and jobs name some: it is another way of the scripts
   */
  constructor(
    private readonly lab: ScriptLab,
    readonly random: Random,
    private readonly hasLimits: boolean,
    private readonly scripts: typeof generated,
  ) {}

  async step(): Promise<void> {
    const { random } = this;
    const acts = [
      () => this.add(),
      () => this.add(),
      () => this.commit(random.int(0, 6)),
      () => this.commit(random.int(0, 6)),
      () => this.commit(random.int(0, 6)),
      () => this.change(),
      () => this.meddle(),
      async () => void (this.now += random.int(1, 900)),
      () => this.recover(),
    ];
    await random.pick(acts)();
    await this.check();
  }

  /** Nothing breaks any more, and all that may run ends: with nothing left of any group. */
  async finish(): Promise<void> {
    await this.lab.run(this.scripts.pauseQueue, [0]);
    if (this.hasLimits) {
      await this.lab.run(this.scripts.limitQueue, ['concurrency', 0, 0]);
      await this.lab.run(this.scripts.setLimit, ['x', 2, 0, 0, 0, 0]);
      await this.lab.run(this.scripts.pauseLimit, ['x', 0]);
    }
    for (const group of GROUPS) await this.lab.run(this.scripts.limitGroup, [this.now, group, 'all', 0, 0]);
    for (let round = 0; round < 600; round += 1) {
      this.now += 1000;
      await this.recover();
      await this.commit(5, 'complete');
      const dump = await this.lab.dump();
      const left = Object.keys(dump).filter((key) =>
        /^(?:waiting|prioritized|delayed|active|limited|group.*)$/s.test(key),
      );
      if (left.every((key) => key.startsWith('group:'))) {
        // What is left of them are windows, which expire.
        await this.commit(5);
        const { groups, turn } = fieldsOf(await this.lab.dump(), 'meta');
        if (groups !== undefined || turn !== undefined)
          throw new Error(`meta still says ${groups} of groups`);
        this.held = [];
        return;
      }
    }
    throw new Error(`Not through: ${JSON.stringify(await this.lab.dump())}`);
  }

  private session(): [string, string] {
    this.seq += 1;
    return ['user', String(this.seq)];
  }

  private async add(): Promise<void> {
    const { random } = this;
    const jobs = Array.from({ length: random.int(1, 5) }, () => {
      const limits = this.hasLimits && random.chance(0.2) ? '?x' : '';
      const delay = random.chance(0.15) ? random.int(1, 2000) : undefined;
      const priority = random.chance(0.3) ? random.int(1, 3) : undefined;
      if (random.chance(0.1)) return ['', `${delay ?? ''},${priority ?? ''},,${limits}`, BODY] as const;
      const spec = groupedSpec({
        ...{ group: random.pick(GROUPS), limits },
        ...(delay === undefined ? {} : { delay }),
        ...(priority === undefined ? {} : { priority }),
        ...(random.chance(0.2) ? { weight: random.int(1, 4) } : {}),
        ...(random.chance(0.2) ? { most: random.int(1, 6) } : {}),
      });
      return ['', spec, BODY] as const;
    });
    if (random.chance(0.3)) {
      await this.commit(random.int(0, 3), undefined, [['add', ...jobs[0]!]]);
    } else {
      await this.lab.run(this.scripts.addJobs, [this.now, ...this.session(), 1], encodeAddJobs(jobs));
    }
  }

  private async commit(want: number, way?: string, more: JobWrite[] = []): Promise<void> {
    const { random } = this;
    const ending = this.held.filter(() => way !== undefined || random.chance(0.5));
    this.held = this.held.filter((held) => !ending.includes(held) && !random.chance(0.02));
    const entries = ending.map(({ id, token }) => {
      const usual = way ?? random.pick(['complete', 'fail', 'retry', 'postpone']);
      return randomEnding(this.random, id, token, this.doomed.has(token) ? 'fail' : usual);
    });
    this.seq += 1;
    const batch = way === undefined && random.chance(0.3) ? random.int(2, 4) : 0;
    const oneGroup = way === undefined && random.chance(0.3);
    const { jobs, words, before, after } = await runCommit(this.lab, [...entries, ...more], {
      ...{
        now: this.now,
        seq: String(this.seq),
        writer: 'worker',
        want,
        worker: `w${this.seq}`,
        lock: LOCK_MS,
      },
      ...{ groups: groupGrantText(...GRANT, oneGroup ? '1' : ''), least: batch, script: this.scripts.commit },
    });
    this.held.push(...jobs.map(({ id, token }) => ({ id, token })));
    const cancelled = ending.filter((_, i) => words[i] === 'cancelled');
    cancelled.forEach(({ token }) => this.doomed.add(token));
    this.held.push(...cancelled);
    const started = jobs.map(({ id }) => id);
    this.checkLimits(before, after, started);
    this.checkOrder(before, after, started);
    if (oneGroup) checkOneGroup(jobs);
    if (jobs.length < want) this.checkNobodyStarves(after, batch, oneGroup, jobs.length > 0);
  }

  /** No group starts more than it had room for, with the places that this call has freed. */
  private checkLimits(before: QueueDump, after: QueueDump, started: readonly string[]): void {
    for (const group of GROUPS) {
      const freed = Object.entries(fieldsOf(before, 'groups:holders')).filter(
        ([id, of]) => of === group && (!isActive(after, id) || started.includes(id)),
      );
      const count = started.filter((id) => fieldsOf(after, 'groups:holders')[id] === group).length;
      const room = Math.max(roomIn(before, group, this.now, freed.length), 0);
      if (count > room)
        throw new Error(`${count} jobs of ${group} were started, and there was room for ${room}`);
    }
    const named = started.filter((id) => fieldsOf(after, `job:${id}`).limits === 'x').length;
    const { running, concurrency } = fieldsOf(after, 'limit:x');
    if (named > 0 && Number(running) > Number(concurrency ?? Infinity))
      throw new Error(`${running} jobs of x run`);
  }

  /** Of a group, nobody is passed over by one that waits behind it, unless a limit that it names holds it. */
  private checkOrder(before: QueueDump, after: QueueDump, started: readonly string[]): void {
    for (const group of GROUPS) {
      const waited = ((before[`grouped:${group}`] ?? []) as [string, number][]).map(([id]) => id);
      const last = Math.max(0, ...started.map((id) => waited.indexOf(id)));
      for (const id of waited.slice(0, last)) {
        const { limitedBy } = fieldsOf(after, `job:${id}`);
        if (!started.includes(id) && limitedBy === undefined) {
          throw new Error(`job ${id} of ${group} was passed over: ${JSON.stringify(after)}`);
        }
      }
      this.checkReturns(before, after, group, waited);
    }
  }

  /** One that comes back from a limit that has opened is ahead of those of its class that waited. */
  private checkReturns(before: QueueDump, after: QueueDump, group: string, waited: readonly string[]): void {
    const parked = ((before.limited ?? []) as [string, number][]).map(([id]) => id);
    const now = ((after[`grouped:${group}`] ?? []) as [string, number][]).map(([id]) => id);
    const classOf = (id: string): string | undefined => fieldsOf(after, `job:${id}`).priority?.split(',')[0];
    for (const [at, id] of now.entries()) {
      const isAhead = (each: string): boolean => waited.includes(each) && classOf(each) === classOf(id);
      const ahead = parked.includes(id) ? now.slice(0, at).find(isAhead) : undefined;
      if (ahead !== undefined) {
        throw new Error(`job ${id} of ${group} came back behind ${ahead}: ${JSON.stringify(after)}`);
      }
    }
  }

  /** A fetch that came back short has left nobody who could start, or fewer than a batch takes. */
  private checkNobodyStarves(after: QueueDump, least: number, oneGroup: boolean, isBegun: boolean): void {
    const meta = fieldsOf(after, 'meta');
    const most = Number(meta.limits?.split(',')[0] || Infinity);
    if (meta.paused || ((after.active ?? []) as unknown[]).length >= most || (isBegun && oneGroup)) return;
    const waiting = (key: string): number => ((after[key] ?? []) as unknown[]).length;
    let sum = isBegun ? Infinity : waiting('waiting') + waiting('prioritized') + waiting('limited');
    for (const group of GROUPS) {
      const startable = Math.min(Math.max(roomIn(after, group, this.now), 0), waiting(`grouped:${group}`));
      sum = oneGroup ? startable : sum + startable;
      if (startable > 0 && sum >= least) {
        throw new Error(`jobs of ${group} could start: ${JSON.stringify(after)}`);
      }
    }
  }

  private async change(): Promise<void> {
    const { random, now } = this;
    const group = random.pick(GROUPS);
    await random.pick([
      () => this.lab.run(this.scripts.limitGroup, [now, group, 'concurrency', random.int(0, 3), 0]),
      () =>
        this.lab.run(this.scripts.limitGroup, [now, group, 'rate', random.int(0, 3), random.int(1, 1500)]),
      () => this.lab.run(this.scripts.limitGroup, [now, group, 'all', 0, 0]),
      () => this.lab.run(this.scripts.pauseGroup, [now, group, random.int(0, 1)]),
      () => this.lab.run(this.scripts.pauseGroup, [now, group, 0]),
      () => this.lab.run(this.scripts.closeGroup, [now, group, random.int(1, 900)]),
      () => this.lab.run(this.scripts.pauseQueue, [random.chance(0.3) ? 1 : 0]),
      ...(this.hasLimits
        ? [
            () => this.lab.run(this.scripts.setLimit, ['x', random.int(1, 3), 0, 0, 0, 0]),
            () => this.lab.run(this.scripts.removeLimit, ['x']),
            () => this.lab.run(this.scripts.pauseLimit, ['x', random.int(0, 1)]),
            () => this.lab.run(this.scripts.limitQueue, ['concurrency', random.int(0, 6), 0]),
          ]
        : []),
    ])();
  }

  private async meddle(): Promise<void> {
    const { random } = this;
    const dump = await this.lab.dump();
    const ids = Object.keys(dump).flatMap((key) =>
      key.startsWith('body:') ? [key.slice('body:'.length)] : [],
    );
    if (ids.length === 0) return;
    const id = random.pick(ids);
    const drain = [0, 0, 0, '-inf', '-inf', '1,0,0'] as const;
    await random.pick([
      () => this.lab.run(this.scripts.removeJob, [this.now, ...this.session(), id]),
      () =>
        this.lab.run(this.scripts.cancelJob, [
          this.now,
          ...this.session(),
          id,
          '"no"',
          random.pick(['', '0,,']),
          1,
        ]),
      () =>
        this.lab.run(this.scripts.changePriority, [
          this.now,
          ...this.session(),
          id,
          random.int(0, 3),
          random.int(0, 1),
        ]),
      () =>
        this.lab.run(this.scripts.retryJob, [
          this.now,
          ...this.session(),
          id,
          'failed',
          random.int(0, 1),
          0,
          0,
        ]),
      () => this.lab.run(this.scripts.retryJobs, [this.now, 'completed', 3, 0]),
      () => this.lab.run(this.scripts.promoteJobs, [this.now], ids.slice(0, 3)),
      () =>
        this.lab.run(this.scripts.cleanJobs, [
          this.now,
          ...this.session(),
          `${random.pick(['group ', 'sidelined '])}${random.pick(GROUPS)}`,
          random.int(0, 900),
          1,
          0,
        ]),
      async () =>
        random.chance(0.2) && this.lab.run(this.scripts.drainQueue, [this.now, random.int(0, 1), ...drain]),
    ])();
  }

  private async recover(): Promise<void> {
    const { reply } = await this.lab.run(this.scripts.recoverStalled, [
      this.now,
      `r${this.now}`,
      LOCK_MS,
      9,
      1e9,
      0,
      0,
      1,
    ]);
    const [, , , ...jobs] = reply as [string[], number, string[], ...unknown[]];
    for (let i = 0; i < jobs.length; i += 4) {
      const [id, , token] = jobs.slice(i, i + 3) as string[];
      this.held.push({ id: id!, token: token! });
      this.doomed.add(token!);
    }
  }

  private async check(): Promise<void> {
    const faults = await this.lab.audit();
    if (faults.length > 0) throw new Error(`${faults.join(', ')}: ${JSON.stringify(await this.lab.dump())}`);
  }
}

function fieldsOf(dump: QueueDump, key: string): Record<string, string> {
  return (dump[key] ?? {}) as Record<string, string>;
}

/** A batch of one group is not mixed. */
function checkOneGroup(jobs: readonly StartedJob[]): void {
  const groups = new Set(jobs.map(({ fields }) => /@(.+)$/s.exec(fieldIn(fields, 'priority'))?.[1] ?? ''));
  if (groups.size > 1) throw new Error(`a batch of one group has jobs of ${[...groups].join(' and ')}`);
}

function fieldIn(fields: readonly string[], name: string): string {
  const at = fields.findIndex((field, i) => i % 2 === 0 && field === name);
  return at < 0 ? '' : fields[at + 1]!;
}

function isActive(dump: QueueDump, id: string): boolean {
  return ((dump.active ?? []) as [string, number][]).some(([active]) => active === id);
}

/** How many more jobs a group lets start. */
function roomIn(dump: QueueDump, group: string, now: number, freed = 0): number {
  const record = readGroupRecord((dump[`group:${group}`] as string | undefined) ?? ',,,,,,,,,,') ?? {};
  const {
    running = 0,
    concurrency = GRANT[0],
    max = GRANT[1],
    paused,
    count = 0,
    ends = 0,
    closed = 0,
  } = record;
  if (paused || closed > now) return 0;
  return Math.min(concurrency - running + freed, max - (ends > now ? count : 0));
}

/** A life of a queue with groups, until all that may run has ended. Throws for what is broken on the way. */
export async function liveGrouped(
  lab: ScriptLab,
  seed: number,
  scripts: typeof generated,
): Promise<GroupedWorld> {
  const world = new GroupedWorld(lab, new Random(seed), seed % 2 === 0, scripts);
  for (let step = 0; step < STEPS; step += 1) {
    await world.step();
  }
  await world.finish();
  return world;
}
