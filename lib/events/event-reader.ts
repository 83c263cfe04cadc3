import type { Codec } from '../job/codec.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Connection } from '../redis/connection.js';
import type { StreamEntry } from '../redis/event-line.js';
import type { QueueKeys } from '../redis/queue-keys.js';
import { toStepwellError } from '../redis/redis-failure.js';
import { ScriptRunner } from '../redis/script-runner.js';
import { InspectStore, type JobLook } from '../store/inspect-store.js';

const ENTRIES_PER_PAGE = 200;

/** Looks things up for those who follow a queue's events. */
export class EventReader {
  readonly key: string;
  readonly runtime: Runtime;
  private readonly inspect: InspectStore;

  constructor(
    private readonly connection: Connection,
    keys: QueueKeys,
    /** Of the queue. */
    readonly codec: Codec | undefined,
  ) {
    this.key = keys.of('events');
    this.runtime = connection.runtime;
    this.inspect = new InspectStore(new ScriptRunner(connection.client, keys, connection.runtime));
  }

  /** A job and the place in the events at which it was so; with '' the place alone. */
  look(jobId: string): Promise<JobLook> {
    return this.inspect.lookAtJob(jobId);
  }

  /** The first entries from one to another, both included. */
  async entries(from: string, to: string): Promise<StreamEntry[]> {
    try {
      return await this.connection.client.xrange(this.key, from, to, 'COUNT', ENTRIES_PER_PAGE);
    } catch (error) {
      throw toStepwellError(error);
    }
  }
}
