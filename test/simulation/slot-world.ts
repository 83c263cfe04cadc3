import type { JobWrite } from '../../lib/job/job-write.js';
import { encodeCommit, encodePlanSlots } from '../../lib/job/wire.generated.js';
import type { RedisClient } from '../../lib/redis/client.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { auditQueue } from '../support/audit-queue.js';
import { readQueueKeys } from '../support/read-queue-keys.js';
import { type CommitReply, type GrantedJob, readReply, type RecoverReply } from './call.js';
import type { Random } from './random.js';
import { START } from './simulated-queue.js';
import type { AnyScript, ScriptName, ScriptSet } from './simulated-scripts.js';
import type { SimulationLog } from './simulation-log.js';
import { SlotLedger } from './slot-ledger.js';
import { Violation } from './violation.js';

export const GRID = 1000;
export const PLANNED = 700;
const QUEUE = 'slots';
const LOCK_MS = 4000;
const HEAD = 'tick\n{"repeat":{"count":';

interface Holder {
  name: string;
  calls: number;
  held: GrantedJob[];
}

/** A queue of schedulers, the processes around it, and the network between. */
export class SlotWorld {
  now = START;
  /** Share of replies that get lost. */
  loss = 0.1;
  readonly ledger = new SlotLedger(['steady', 'planned'], ['lone']);
  readonly keys: QueueKeys;
  private readonly runner: ScriptRunner;
  private workers: Holder[] = [];
  private hired = 0;
  private calls = 0;
  private lastEvent = '-';

  constructor(
    private readonly client: RedisClient,
    private readonly scripts: ScriptSet,
    private readonly prefix: string,
    private readonly random: Random,
    private readonly log: SimulationLog,
  ) {
    this.keys = new QueueKeys(prefix, QUEUE);
    this.runner = new ScriptRunner(client, this.keys);
    for (let i = 0; i < 3; i += 1) this.hire();
  }

  /** A numbered call. Where its reply is lost, it is sent again after some time, or its sender dies. */
  async ask(script: ScriptName, args: (string | number)[], rest: readonly string[] = []): Promise<unknown> {
    this.calls += 1;
    const session = [`c${this.calls}`, '1'];
    const reply = await this.send(script, [...session, ...args], rest);
    if (!this.random.chance(this.loss)) return reply;
    this.log.count('reply lost');
    if (this.random.chance(0.3)) return undefined;
    if (this.random.chance(0.5)) await this.work();
    this.now += this.random.int(0, 500);
    const again = await this.send(script, [...session, ...args], rest);
    if (JSON.stringify(again) !== JSON.stringify(reply))
      throw new Violation(`${script} replies ${shown(again)} to a copy, and ${shown(reply)} at first`);
    return again;
  }

  upsert(id: string, asked: Record<string, string | number>): Promise<unknown> {
    const all = {
      ...{ every: '', offset: '', start: '', ends: '', limit: '', count: 0, immediately: 0 },
      ...{ missed: 'skip', most: 1000, overlap: 'allow', spread: 0, jitter: 0, spec: ',,,', head: HEAD },
      ...{ data: '{}', origin: '', from: this.now, complete: 0, slots: '' },
      ...asked,
    };
    return this.ask('upsertScheduler', [id, '{}', ...Object.values(all)]);
  }

  /** Ends some jobs and asks for more. The worker may die before it has the reply. */
  async work(worker = this.random.pick(this.workers), want = this.random.int(0, 3)): Promise<void> {
    const { random } = this;
    const entries: JobWrite[] = [];
    worker.held = worker.held.filter(({ id, token }) => {
      const way = random.weighted([
        [4, []],
        [5, ['complete', id, token, '1', '']],
        [1, ['retry', id, token, '"no"', '[]', random.pick(['0', '900']), '']],
        [1, ['fail', id, token, '"no"', '[]', '', '']],
        [1, ['postpone', id, token, random.pick(['0', '900'])]],
      ] as const);
      if (way.length > 0) entries.push(way as JobWrite);
      return way.length === 0;
    });
    worker.calls += 1;
    const session = [worker.name, String(worker.calls)];
    const args = [...session, 0, want, `${worker.name}.${worker.calls}`, '', LOCK_MS, 0, 0, 0, ',,,'];
    let reply = readReply('commit', await this.send('commit', args, encodeCommit(entries))) as CommitReply;
    if (random.chance(this.loss)) {
      this.log.count('reply lost');
      if (random.chance(0.3)) {
        await this.kill(worker);
        return;
      }
      this.now += random.int(0, 500);
      reply = readReply('commit', await this.send('commit', args, encodeCommit(entries))) as CommitReply;
    }
    worker.held.push(...reply.jobs);
    for (const { id, fields } of reply.jobs) {
      if ('planned' in fields && !random.chance(this.loss)) await this.plan(/^repeat:(.+):/.exec(id)![1]!);
    }
  }

  /** A worker dies with all that it holds; another one comes. */
  async kill(worker = this.random.pick(this.workers)): Promise<void> {
    this.log.count('worker killed');
    this.workers = this.workers.filter((each) => each !== worker);
    this.hire();
  }

  async recover(): Promise<void> {
    const worker = this.random.pick(this.workers);
    worker.calls += 1;
    const args = [`${worker.name}.r${worker.calls}`, LOCK_MS, 1, 2 ** 40, 10 * LOCK_MS, LOCK_MS, 1];
    const raw = (await this.send('recoverStalled', args, [])) as unknown[];
    const { ids, jobs } = readReply('recoverStalled', raw) as RecoverReply;
    if (ids.length > 0) this.log.count('job taken back');
    worker.held.push(...jobs);
    for (const id of raw[2] as string[]) await this.plan(id);
  }

  /** As `SlotPlanner`, from what it has read; a plan may come late or twice. */
  async plan(id: string): Promise<void> {
    const names = ['revision', 'last', 'slot', 'given'] as const;
    const [revision, last, slot] = await this.client.hmget(this.keys.derived('scheduler', id), ...names);
    if (id !== 'planned' || revision === undefined || revision === null) return;
    const slots = slotsAfter(Math.max(Number(last), Number(slot)), this.now);
    const rest = encodePlanSlots([[id, revision, last ?? '', slots.join(','), '', '0']]);
    if (this.random.chance(0.2)) await this.work();
    for (let times = this.random.chance(0.2) ? 2 : 1; times > 0; times -= 1)
      if ((await this.send('planSlots', [], rest)) === 1) this.log.count('planned');
  }

  async record(id: string, field: 'slot' | 'job'): Promise<string> {
    return (await this.client.hget(this.keys.derived('scheduler', id), field)) ?? '';
  }

  /** Everything that is due runs, and nothing gets lost any more. */
  async finish(): Promise<void> {
    this.loss = 0;
    for (let round = 0; round < 4000; round += 1) {
      this.now += 50;
      for (const worker of this.workers) await this.work(worker, 4);
      await this.recover();
      const ahead = await Promise.all(['steady', 'planned'].map((id) => this.record(id, 'slot')));
      if (
        ahead.every((slot) => Number(slot) > this.now) &&
        this.workers.every(({ held }) => held.length === 0)
      )
        return;
    }
    throw new Violation('the schedulers do not catch up with the time');
  }

  async audit(): Promise<void> {
    const faults = await auditQueue(this.client, this.prefix, QUEUE);
    // The clock was set back.
    const fault = faults.find((found) => !found.endsWith('finished before it was started'));
    if (fault !== undefined) throw new Violation(fault);
  }

  async close(): Promise<void> {
    const names = await readQueueKeys(this.client, this.prefix, QUEUE);
    if (names.length > 0) await this.client.unlink(names.map(({ name }) => this.keys.base + name));
  }

  private hire(): void {
    this.hired += 1;
    this.workers.push({ name: `w${this.hired}`, calls: 0, held: [] });
  }

  private async send(
    script: ScriptName,
    args: (string | number)[],
    rest: readonly string[],
  ): Promise<unknown> {
    const line = `${this.now - START} ${script} ${[...args, ...rest].join(' ').replaceAll('\n', ' ')}`;
    let reply: unknown;
    try {
      reply = await this.runner.run(this.scripts[script] as unknown as AnyScript, [this.now, ...args], rest);
    } catch (error) {
      throw new Violation(`${script} fails: ${(error as Error).message}`);
    } finally {
      this.log.note(line, '');
    }
    await this.readEvents();
    return reply;
  }

  private async readEvents(): Promise<void> {
    const entries = await this.client.xrange(this.keys.of('events'), this.lastEvent, '+');
    for (const [id, fields] of entries) {
      this.lastEvent = `(${id}`;
      for (let i = 2; i < fields.length; i += 2) {
        for (const line of fields[i + 1]!.split('\n')) {
          this.ledger.note(fields[i]!, line);
          this.log.count(fields[i]!);
        }
      }
    }
  }
}

/** Slots after one, those up to now and some more. */
export function slotsAfter(last: number, now: number): number[] {
  const slots: number[] = [];
  for (
    let slot = (Math.floor(last / PLANNED) + 1) * PLANNED;
    slots.length < 4 || slot <= now;
    slot += PLANNED
  ) {
    slots.push(slot);
  }
  return slots;
}

const shown = (reply: unknown): string => String(reply).replaceAll('\n', ' ');
