import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ConnectionError } from '../job/errors.js';
import { asError } from '../job/job-failure.js';
import type { Queue } from '../queue/queue.js';
import type { Timer } from '../runtime/runtime.js';
import { within } from '../runtime/within.js';
import { type CodeSchedule, CodeSchedules, GONE_MS } from '../schedule/code-schedules.js';
import { refuseDuplicates } from './discover-schedules.js';
import type { DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';
import { SharedOptions } from './shared-options.js';
import { StepwellLog } from './stepwell.log.js';
import { StepwellRegistry } from './stepwell.registry.js';

/** Three words may get lost. */
const KEEP_MS = GONE_MS / 4;
/** The start of the application waits for its schedules, but not for a Redis that is away. */
const PATIENCE_MS = 1000;

interface Kept {
  queue: Queue;
  schedules: CodeSchedules;
  /** Whether the application has any. */
  isWaitedFor: boolean;
  timer?: Timer;
  keeping?: Promise<void> | undefined;
}

/** Sees to it that the job schedulers of queues are as `@Cron` and `@Every` say. */
@Injectable()
export class StepwellSchedules implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly kept: Kept[] = [];
  private isStopped = false;

  constructor(
    private readonly registry: StepwellRegistry,
    private readonly shared: SharedOptions,
    private readonly log: StepwellLog,
  ) {}

  /** The processors of one queue. Throws for schedules that cannot be; the message says where they stand. */
  add(name: string, processors: readonly DiscoveredProcessor[]): void {
    const own = refuseDuplicates(processors.flatMap(({ schedules }) => schedules));
    if (!this.registry.hasQueue(name) && own.length === 0) {
      return;
    }
    const queue = this.registry.hasQueue(name)
      ? this.registry.getQueue(name)
      : this.registry.openQueue(name, this.shared.queue ?? {});
    own.forEach((schedule) => checkSchedule(queue, schedule));
    const schedules = new CodeSchedules(queue.store, queue.schedulers, own, {
      madeByHand: (schedule) => this.log.scheduleByHand(name, schedule),
      older: (schedule) => this.log.olderSchedule(name, schedule),
      removed: (id) => this.log.scheduleRemoved(name, id),
    });
    this.kept.push({ queue, schedules, isWaitedFor: own.length > 0 });
  }

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(
      this.kept.map(async (each) => {
        this.keep(each);
        if (each.isWaitedFor)
          await within(each.queue.store.runtime, PATIENCE_MS, each.keeping as Promise<void>);
      }),
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    this.kept.forEach(({ timer }) => timer?.cancel());
    await Promise.all(
      this.kept.map(async ({ queue, keeping }) => {
        const { client, runtime } = queue.store.connection;
        if (keeping && client.status === 'ready') await within(runtime, PATIENCE_MS, keeping);
      }),
    );
  }

  private keep(each: Kept): void {
    const { queue, schedules } = each;
    each.keeping = schedules
      .keep()
      .catch((error: unknown) => {
        // That Redis cannot be reached, others report.
        if (!this.isStopped && !(error instanceof ConnectionError))
          this.log.error(queue.name, asError(error));
        return true;
      })
      .then((goesOn) => {
        if (this.isStopped || !goesOn) return;
        each.timer = queue.store.runtime.setTimer(() => this.keep(each), KEEP_MS, {
          background: true,
          upkeep: true,
        });
      });
  }
}

function checkSchedule(queue: Queue, { id, repeat, template, label }: CodeSchedule): void {
  try {
    queue.schedulers.prepare(id, repeat, template);
  } catch (error) {
    if (error instanceof Error) error.message = `The schedule of ${label}: ${error.message}`;
    throw error;
  }
}
