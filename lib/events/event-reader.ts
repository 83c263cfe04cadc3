import type { Codec } from '../job/codec.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Connection } from '../redis/connection.js';
import type { StreamEntry } from '../redis/event-stream-reader.js';
import type { QueueKeys } from '../redis/queue-keys.js';
import { ScriptRunner } from '../redis/script-runner.js';
import { Calls } from '../store/calls.js';
import { InspectStore, type JobLook } from '../store/inspect-store.js';
import { Lifetime } from '../store/lifetime.js';
import { Patience } from '../store/patience.js';
import { PatientReads } from '../store/patient-reads.js';

/** Few, as others wait for their turn in this process and on its connection. */
export const ENTRIES_PER_PAGE = 25;

/** Looks things up for those who follow a queue's events. */
export class EventReader {
  readonly key: string;
  readonly runtime: Runtime;
  private readonly runner: ScriptRunner;
  private readonly inspect: InspectStore;
  private readonly calls: Calls;
  private readonly lifetime = new Lifetime();

  constructor(
    private readonly connection: Connection,
    keys: QueueKeys,
    /** Of the queue. */
    readonly codec: Codec | undefined,
    /** Milliseconds of silence after which a look is given up. */
    callTimeoutMs?: number,
  ) {
    this.key = keys.of('events');
    const { client, runtime } = connection;
    this.runtime = runtime;
    this.calls = new Calls(connection, new Patience(runtime, callTimeoutMs), this.lifetime);
    this.runner = new ScriptRunner(client, keys, runtime);
    this.inspect = new InspectStore(new PatientReads(this.runner, this.calls));
  }

  /** A job and the place in the events at which it was so; with '' the place alone. */
  look(jobId: string): Promise<JobLook> {
    return this.inspect.lookAtJob(jobId);
  }

  /** The first entries of a range, `ENTRIES_PER_PAGE` at most. An id after a `(` is not part of it. */
  entries(from: string, to: string): Promise<StreamEntry[]> {
    const { client } = this.connection;
    return this.calls.read(() =>
      client.xrange(this.key, from, to, 'COUNT', ENTRIES_PER_PAGE).catch((error: unknown) => {
        throw this.runner.failure('reading of events', error);
      }),
    );
  }

  /** Ends what is being looked up. */
  close(): void {
    this.lifetime.end('The reader of events');
    this.calls.close('The queue events were closed.');
  }
}
