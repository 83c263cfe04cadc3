import { afterEach, beforeEach, expect } from '@jest/globals';
import { Queue, type QueueOptions, Worker, type WorkerOptions } from '../../lib/engine.js';
import { createTimeTravel, type TimeTravel } from '../../lib/testing/index.js';
import { auditQueue } from './audit-queue.js';
import { connectTestRedis, testRedisUrl } from './redis.js';

const QUEUE = 'clock';

/** A run of a slot; times in ms after the beginning. */
export interface Ran {
  at: number;
  id: string;
  slot: number;
}

/** For tests of job schedulers: a queue in virtual time for each case, which is audited after it. */
export class ScheduleLab {
  time!: TimeTravel;
  /** What workers have run. */
  ran: Ran[] = [];
  private closing: (() => Promise<void>)[] = [];

  private constructor(readonly start: number) {}

  /** Opens a lab for the test file that calls this. */
  static open(start: number): ScheduleLab {
    const lab = new ScheduleLab(start);
    beforeEach(async () => {
      lab.closing = [];
      lab.ran = [];
      lab.time = await createTimeTravel({ redis: testRedisUrl(), start, patienceMs: 50 });
    });
    afterEach(async () => {
      const client = connectTestRedis();
      const violations = await auditQueue(client, `${lab.keyPrefix}stepwell`, QUEUE);
      await client.quit();
      for (const close of lab.closing.toReversed()) await close();
      await lab.time.close();
      // oxlint-disable-next-line jest/no-standalone-expect -- runs after each test
      expect(violations).toEqual([]);
    });
    return lab;
  }

  queue(opts: Partial<QueueOptions> = {}): Queue {
    const queue = new Queue(QUEUE, { connection: this.time.connection, ...opts });
    this.closing.push(() => queue.close());
    return queue;
  }

  /** Notes when which slot ran. */
  worker(
    opts: Partial<WorkerOptions> = {},
    work: () => Promise<unknown> | unknown = () => undefined,
  ): Worker {
    const worker = new Worker(
      QUEUE,
      async (job) => {
        const slot = (job.opts.prevMillis ?? 0) - this.start;
        this.ran.push({ at: this.time.now - this.start, id: job.id, slot });
        await work();
      },
      { connection: this.time.connection, ...opts },
    );
    this.closing.push(() => worker.close());
    return worker;
  }

  /** Slots that ran, of one scheduler or all. */
  slots(id?: string): number[] {
    const ran = id === undefined ? this.ran : this.ran.filter((run) => run.id.startsWith(`repeat:${id}:`));
    return ran.map(({ slot }) => slot);
  }

  closeLast(close: () => Promise<void>): void {
    this.closing.push(close);
  }

  private get keyPrefix(): string {
    return (this.time.connection as unknown as { options: { keyPrefix: string } }).options.keyPrefix;
  }
}
