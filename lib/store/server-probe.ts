import type { Connection } from '../redis/connection.js';
import { demandRights } from '../redis/demand-rights.js';
import type { QueueKeys } from '../redis/queue-keys.js';
import { toStepwellError } from '../redis/redis-failure.js';
import { demandKeeping, probeWrite } from '../redis/server-check.js';
import type { Lifetime } from './lifetime.js';

/** Whether Redis is there, and as a queue needs it. */
export class ServerProbe {
  constructor(
    private readonly connection: Connection,
    private readonly keys: QueueKeys,
    private readonly lifetime: Lifetime,
  ) {}

  /** Resolves once Redis has been reached and found fit. */
  async waitUntilReady(patienceMs?: number): Promise<void> {
    this.lifetime.demand();
    await this.connection.waitUntilReady(patienceMs);
  }

  /** Rejects unless Redis is reached in time and is as it should be. */
  async check(patienceMs: number): Promise<void> {
    const { client } = this.connection;
    await this.connection.answerWithin(patienceMs, async () => {
      await this.waitUntilReady(patienceMs);
      try {
        await demandKeeping(client);
        await demandRights(client, this.keys);
      } catch (error) {
        throw toStepwellError(error, client);
      }
    });
  }

  /** Rejects unless Redis takes a write that changes nothing. */
  async write(): Promise<void> {
    this.lifetime.demand();
    await probeWrite(this.connection.client, this.keys.base);
  }
}
