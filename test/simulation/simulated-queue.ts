import { createHash } from 'node:crypto';
import type { RedisClient } from '../../lib/redis/client.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { auditQueue } from '../support/audit-queue.js';
import { randomPrefix } from '../support/queue-name.js';
import { readQueueKeys } from '../support/read-queue-keys.js';
import { readReply, type Call, type Reply } from './call.js';
import { canonical, checkSame } from './canonical.js';
import { checkModel } from './check-model.js';
import { Rules } from './check-rules.js';
import { ExpectedReplies, type Expectation } from './model/expect-reply.js';
import { DEDUP_IDS } from './dedup-rule.js';
import { QueueModel } from './model/queue-model.js';
import type { ScriptSet } from './simulated-scripts.js';
import { takeSnapshot, type Snapshot } from './snapshot.js';
import { Violation } from './violation.js';

const START = 1_700_000_000_000;
const NAME = 'simulated';
const LAST_CALLS = 12;

/** A queue in Redis and its model: every call goes to both, and both must agree. */
export class SimulatedQueue {
  readonly model = new QueueModel();
  readonly lastCalls: string[] = [];
  /** How often each kind of answer was seen. */
  readonly seen = new Map<string, number>();
  now = START;
  /** What else is to be checked of every call. */
  afterCall: (call: Call) => void = () => {};
  snapshot!: Snapshot;
  private readonly prefix = randomPrefix();
  private readonly keys = new QueueKeys(this.prefix, NAME);
  private readonly runner: ScriptRunner;
  private readonly expected = new ExpectedReplies(this.model);
  private readonly rules = new Rules();
  private readonly writers = new Set<string>();
  private readonly trace = createHash('sha1');

  private constructor(
    private readonly client: RedisClient,
    private readonly scripts: ScriptSet,
    private readonly dedupIds: readonly string[],
  ) {
    this.runner = new ScriptRunner(client, this.keys);
    this.model.saw = (what) => this.count(what);
  }

  static async open(
    client: RedisClient,
    scripts: ScriptSet,
    { deduplicates }: { deduplicates: boolean },
  ): Promise<SimulatedQueue> {
    const queue = new SimulatedQueue(client, scripts, deduplicates ? DEDUP_IDS : []);
    queue.snapshot = await queue.look();
    return queue;
  }

  /** Makes a call and checks all there is to check. Answers nothing when the call was refused, as it should be. */
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
    const taken = await this.client.zpopmin(this.keys.of('wake'));
    this.snapshot = await this.look();
    return taken.length > 0;
  }

  /** Redis expires what has expired, sooner or later. */
  async sweepUp(): Promise<void> {
    const over = [...this.model.dedups].filter(([, { until }]) => until > 0 && until <= this.now);
    for (const [id] of over) {
      this.model.dedups.delete(id);
      await this.client.del(this.keys.derived('dedup', id));
      this.count('key swept up');
    }
    this.snapshot = await this.look();
  }

  /** Somebody deletes the keys of a job that no worker holds in the database. */
  async vanish(id: string): Promise<void> {
    const { place, fields } = this.model.job(id);
    if (place === 'waiting') await this.client.lrem(this.keys.of(place), 1, id);
    else await this.client.zrem(this.keys.of(place), id);
    await this.client.del((['body', 'job', 'logs'] as const).map((key) => this.keys.derived(key, id)));
    this.model.remove(id);
    if (fields.dedup !== undefined) this.rules.dedup.vanished(fields.dedup, id);
    this.snapshot = await this.look();
  }

  knowWriter(writer: string): void {
    this.writers.add(writer);
  }

  async audit(): Promise<void> {
    const faults = await auditQueue(this.client, this.prefix, NAME, { now: this.now });
    const fault = faults.find((found) => !this.rules.dedup.excuses(found));
    if (fault !== undefined) throw new Violation(fault);
  }

  traceHash(): string {
    return this.trace.copy().digest('hex');
  }

  count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  async close(): Promise<void> {
    const names = await readQueueKeys(this.client, this.prefix, NAME);
    if (names.length > 0) await this.client.unlink(names.map(({ name }) => this.keys.base + name));
  }

  private look(): Promise<Snapshot> {
    const ids = [...this.model.jobs.keys(), ...this.model.removed];
    return takeSnapshot(this.runner, ids, this.dedupIds, [...this.writers]);
  }

  private async send(call: Call, { inert }: Expectation): Promise<Reply> {
    const refused = inert === 'outdated' || inert === 'refused';
    let raw: unknown;
    try {
      raw = await this.runner.run(this.scripts[call.script], call.args, call.rest);
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
    const line = `${this.now - START} ${call.script} ${canonical([...call.args.slice(1), ...call.rest])} -> ${inert ? `(${inert}) ` : ''}${canonical(reply)}`;
    this.trace.update(line).update(this.snapshot.text);
    this.lastCalls.push(line);
    if (this.lastCalls.length > LAST_CALLS) this.lastCalls.shift();
    this.count(`${call.script}${inert ? ` ${inert}` : ''}`);
  }
}
