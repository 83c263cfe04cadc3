import type { RedisClient } from '../../lib/redis/client.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { auditQueue } from '../support/audit-queue.js';
import { readQueueKeys } from '../support/read-queue-keys.js';
import { readReply, type Call, type Reply } from './call.js';
import { canonical, checkSame } from './canonical.js';
import { checkModel } from './check-model.js';
import { Rules } from './check-rules.js';
import { ExpectedReplies, type Expectation } from './model/expect-reply.js';
import { QueueModel } from './model/queue-model.js';
import type { AnyScript, ScriptSet } from './simulated-scripts.js';
import type { SimulationLog } from './simulation-log.js';
import { takeSnapshot, type Snapshot } from './snapshot.js';
import { Violation } from './violation.js';

/** What is decided for all queues of a run. */
export interface SimulationSetup {
  client: RedisClient;
  scripts: ScriptSet;
  prefix: string;
  clock: { now: number };
  log: SimulationLog;
  /** Ids of the deduplications that there may be. */
  dedupIds: readonly string[];
}

export const START = 1_700_000_000_000;

/** A queue in Redis and its model: every call goes to both, and both must agree. */
export class SimulatedQueue {
  readonly keys: QueueKeys;
  readonly model: QueueModel;
  /** What else is to be checked of every call. */
  afterCall: (call: Call) => void = () => {};
  snapshot!: Snapshot;
  private readonly runner: ScriptRunner;
  private readonly expected: ExpectedReplies;
  private readonly rules = new Rules();
  private readonly writers = new Set<string>();

  private constructor(
    readonly name: string,
    private readonly setup: SimulationSetup,
  ) {
    const { client, prefix } = setup;
    this.keys = new QueueKeys(prefix, name);
    this.runner = new ScriptRunner(client, this.keys);
    this.model = new QueueModel(this.keys.base, (what) => this.count(what));
    this.expected = new ExpectedReplies(this.model);
  }

  static async open(name: string, setup: SimulationSetup): Promise<SimulatedQueue> {
    const queue = new SimulatedQueue(name, setup);
    queue.snapshot = await queue.look();
    return queue;
  }

  get now(): number {
    return this.setup.clock.now;
  }

  /** Makes a call and checks all there is to check. Returns nothing when the call was refused, as it should be. */
  async call(call: Call): Promise<Reply> {
    if (this.writers.size > 60) this.writers.delete(this.writers.values().next().value as string);
    const expected = this.expected.play(call);
    if (expected.inert) this.snapshot = await this.look();
    const before = this.snapshot;
    const reply = await this.send(call, expected);
    this.snapshot = await this.look();
    this.note(call, expected, reply);
    this.rules.check({ call, expected, reply, now: this.now, before, after: this.snapshot });
    this.afterCall(call);
    checkSame(`the answer of ${call.script}`, expected.reply, reply);
    checkModel(this.model, this.snapshot);
    return reply;
  }

  /** A worker's blocking read takes the marker that wakes one. */
  async takeWake(): Promise<boolean> {
    const taken = await this.setup.client.zpopmin(this.keys.of('wake'));
    this.snapshot = await this.look();
    return taken.length > 0;
  }

  /** Redis expires what has expired, sooner or later. */
  async sweepUp(): Promise<void> {
    const over = [...this.model.dedups].filter(([, { until }]) => until > 0 && until <= this.now);
    for (const [id] of over) {
      this.model.dedups.delete(id);
      await this.setup.client.del(this.keys.derived('dedup', id));
      this.count('key swept up');
    }
    this.snapshot = await this.look();
  }

  /** Somebody deletes the keys of a job that no worker holds in the database. */
  async vanish(id: string): Promise<void> {
    const { place, fields } = this.model.job(id);
    if (place === 'waiting') await this.setup.client.lrem(this.keys.of(place), 1, id);
    else await this.setup.client.zrem(this.keys.of(place), id);
    await this.setup.client.del(
      (['body', 'job', 'logs', 'children'] as const).map((key) => this.keys.derived(key, id)),
    );
    this.model.remove(id);
    if (fields.dedup !== undefined) this.rules.dedup.vanished(fields.dedup, id);
    this.snapshot = await this.look();
  }

  knowWriter(writer: string): void {
    this.writers.add(writer);
  }

  async audit(): Promise<void> {
    const faults = await auditQueue(this.setup.client, this.setup.prefix, this.name, { now: this.now });
    const fault = faults.find((found) => !this.rules.dedup.excuses(found));
    if (fault !== undefined) throw new Violation(fault);
  }

  count(what: string): void {
    this.setup.log.count(what);
  }

  async close(): Promise<void> {
    const names = await readQueueKeys(this.setup.client, this.setup.prefix, this.name);
    if (names.length > 0) await this.setup.client.unlink(names.map(({ name }) => this.keys.base + name));
  }

  private look(): Promise<Snapshot> {
    const ids = [...this.model.jobs.keys(), ...this.model.removed];
    return takeSnapshot(this.runner, ids, this.setup.dedupIds, [...this.writers]);
  }

  private async send(call: Call, { inert }: Expectation): Promise<Reply> {
    const refused = inert === 'outdated' || inert === 'refused';
    let raw: unknown;
    try {
      raw = await this.runner.run(
        this.setup.scripts[call.script] as unknown as AnyScript,
        call.args,
        call.rest,
      );
    } catch (error) {
      const { message } = error as Error;
      if (refused && /OUTDATED|ERR too many/.test(message)) return undefined;
      throw new Violation(`${call.script} failed: ${message}`);
    }
    if (refused)
      throw new Violation(`a call that is ${inert} was run: ${call.script} ${call.args.join(' ')}`);
    return readReply(call.script, raw);
  }

  private note(call: Call, { inert }: Expectation, reply: Reply): void {
    const time = `${this.now - START} ${this.name}`;
    const line = `${time} ${call.script} ${canonical([...call.args.slice(1), ...call.rest])} -> ${inert ? `(${inert}) ` : ''}${canonical(reply)}`;
    this.setup.log.note(line, this.snapshot.text);
    this.count(`${call.script}${inert ? ` ${inert}` : ''}`);
  }
}
