import { afterAll, afterEach, beforeEach, expect } from '@jest/globals';
import type { Redis } from 'ioredis';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import type { Script } from '../../lib/redis/script.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { auditQueue } from './audit-queue.js';
import { dumpQueue, type QueueDump } from './dump-queue.js';
import { misfit } from './misfit.js';
import { randomPrefix, randomQueueName } from './queue-name.js';
import { connectTestRedis } from './redis.js';
import { bodyText, SEED_TIME, seedQueue, type Seed, type SeedJob } from './seed-queue.js';

type Args = readonly (string | number)[];

/** What a script did: its answer, and what the queue held before and after. */
export interface Trial {
  reply: unknown;
  before: QueueDump;
  after: QueueDump;
}

/** For the tests of one Lua command: a queue of its own for each case, which is audited after the case. */
export class ScriptLab {
  readonly client: Redis = connectTestRedis();
  private readonly prefix = randomPrefix();
  private queue = randomQueueName();
  private expected: string[] = [];

  /** Opens a lab for the test file that calls this. */
  static open(): ScriptLab {
    const lab = new ScriptLab();
    beforeEach(() => {
      lab.queue = randomQueueName();
      lab.expected = [];
    });
    afterEach(() => lab.finishCase());
    afterAll(async () => {
      await lab.client.quit();
    });
    return lab;
  }

  get keys(): QueueKeys {
    return new QueueKeys(this.prefix, this.queue);
  }

  given(seed: Seed): Promise<void> {
    return seedQueue(this.client, this.prefix, this.queue, seed);
  }

  dump(): Promise<QueueDump> {
    return dumpQueue(this.client, this.prefix, this.queue);
  }

  /** Begins anew within a case. */
  async clear(): Promise<void> {
    const left = Object.keys(await this.dump());
    if (left.length > 0) await this.client.unlink(left.map((name) => this.keys.base + name));
  }

  audit(): Promise<string[]> {
    return auditQueue(this.client, this.prefix, this.queue);
  }

  async run<A extends Args, R extends readonly string[] | undefined>(
    script: Script<A, R>,
    args: A,
    ...rest: R extends undefined ? [] : [rest: R]
  ): Promise<Trial> {
    const before = await this.dump();
    const reply = await new ScriptRunner(this.client, this.keys).run(script, args, ...rest);
    const wrong = misfit(script.name, reply);
    if (wrong) throw new Error(wrong);
    return { reply, before, after: await this.dump() };
  }

  /** Milliseconds until a key expires. */
  ttlMs(name: string): Promise<number> {
    return this.client.pttl(this.keys.base + name);
  }

  /** What the audit at the end of this case finds, where a test breaks something on purpose. */
  willFind(...violations: string[]): void {
    this.expected = violations;
  }

  private async finishCase(): Promise<void> {
    const violations = await this.audit();
    const left = Object.keys(await this.dump());
    if (left.length > 0) await this.client.unlink(left.map((name) => this.keys.base + name));
    // oxlint-disable-next-line jest/no-standalone-expect -- runs after each test
    expect(violations).toEqual(this.expected);
  }
}

export { bodyText, SEED_TIME, type Seed, type SeedJob };
