import type { JobWrite } from '../../../lib/job/job-write.js';
import { encodeCommit } from '../../../lib/job/wire.generated.js';
import type { RedisClient } from '../../../lib/redis/client.js';
import { QueueKeys } from '../../../lib/redis/queue-keys.js';
import { ScriptRunner } from '../../../lib/redis/script-runner.js';
import { auditQueue } from '../../support/audit-queue.js';
import { dumpQueue, type QueueDump } from '../../support/dump-queue.js';
import { type CommitReply, readReply } from '../call.js';
import type { ScriptArgs, ScriptName, ScriptSet } from '../simulated-scripts.js';
import { Violation } from '../violation.js';

const QUEUE = 'limited';

/** A queue whose calls are scripts, and what it holds. */
export class LimitedQueue {
  readonly seen = new Map<string, number>();
  private readonly runner: ScriptRunner;
  private readonly keys: QueueKeys;

  constructor(
    private readonly client: RedisClient,
    private readonly scripts: ScriptSet,
    private readonly prefix: string,
  ) {
    this.keys = new QueueKeys(prefix, QUEUE);
    this.runner = new ScriptRunner(client, this.keys);
  }

  async call<Name extends ScriptName>(
    script: Name,
    args: ScriptArgs<Name>,
    rest: readonly string[] = [],
  ): Promise<unknown> {
    const run = this.runner as { run(...call: unknown[]): Promise<unknown> };
    let reply: unknown;
    try {
      reply = await run.run(this.scripts[script], args, rest);
    } catch (error) {
      throw new Violation(`${script} failed: ${String(error)}`);
    }
    this.see(`${script}${typeof reply === 'string' && /^[a-z-]+$/.test(reply) ? ` ${reply}` : ''}`);
    return reply;
  }

  async commit(args: ScriptArgs<'commit'>, entries: readonly JobWrite[]): Promise<CommitReply> {
    return readReply('commit', await this.call('commit', args, encodeCommit(entries))) as CommitReply;
  }

  see(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  dump(): Promise<QueueDump> {
    return dumpQueue(this.client, this.prefix, QUEUE);
  }

  async audit(): Promise<void> {
    const faults = await auditQueue(this.client, this.prefix, QUEUE);
    if (faults.length > 0) throw new Violation(faults.join(', '));
  }

  async close(): Promise<void> {
    const left = Object.keys(await this.dump()).map((name) => this.keys.base + name);
    if (left.length > 0) await this.client.unlink(left);
  }
}
