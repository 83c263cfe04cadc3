import {
  Inject,
  Injectable,
  Optional,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { QueueBaseOptions } from '../redis/queue-base-options.js';
import { Worker } from '../worker/worker.js';
import type { WorkerOptions } from '../worker/worker-options.js';
import { baseOptionsOf } from './base-options.js';
import type { DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';
import type { StepwellOptions } from './interfaces/stepwell-options.interface.js';
import { JobRouter } from './job-router.js';
import { mergeWorkerOptions } from './merge-worker-options.js';
import { QueueNotRegisteredError } from './nest-errors.js';
import { StepwellDedup } from './stepwell.dedup.js';
import { StepwellExplorer } from './stepwell.explorer.js';
import { StepwellListeners } from './stepwell.listeners.js';
import { StepwellLog } from './stepwell.log.js';
import { STEPWELL_OPTIONS } from './stepwell.module-definition.js';
import { StepwellRegistry } from './stepwell.registry.js';

/** Starts one worker per queue that has processors, and drains them before anything that jobs use goes away. */
@Injectable()
export class StepwellOrchestrator implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly toStart: Worker[] = [];

  constructor(
    private readonly explorer: StepwellExplorer,
    private readonly registry: StepwellRegistry,
    private readonly log: StepwellLog,
    private readonly dedup: StepwellDedup,
    private readonly listeners: StepwellListeners,
    @Optional() @Inject(STEPWELL_OPTIONS) private readonly shared?: StepwellOptions,
  ) {}

  /** All that may be wrong with the processors is found here, before the first job runs. */
  async onModuleInit(): Promise<void> {
    try {
      const queues = groupByQueue(this.explorer.explore());
      for (const [queue, processors] of queues) {
        this.registry.addWorker(this.createWorker(queue, processors));
        processors.forEach((processor) => this.dedup.apply(processor));
      }
      this.explorer.exploreListeners().forEach((listener) => this.listeners.attach(listener));
    } catch (error) {
      await this.onModuleDestroy();
      await this.registry.closeQueues();
      throw error;
    }
  }

  onApplicationBootstrap(): void {
    // One that was closed, or started by hand, meanwhile is left as it is.
    for (const worker of this.toStart) worker.run().catch(() => {});
  }

  /**
   * The first of Nest's shutdown hooks: whatever is torn down in a later one, or in that of a global module, is still
   * there for the jobs that end now.
   */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.registry.getWorkers().map((worker) => worker.close()));
  }

  private createWorker(queue: string, processors: DiscoveredProcessor[]): Worker {
    const router = new JobRouter(queue);
    processors.flatMap(({ handlers }) => handlers).forEach((handler) => router.add(handler));
    const options: WorkerOptions = { ...this.placeOf(queue, processors), ...mergeWorkerOptions(processors) };
    const worker = new Worker(queue, router.route, { ...options, autorun: false });
    if (options.autorun !== false) this.toStart.push(worker);
    worker.on('error', (error) => this.log.error(queue, error));
    worker.on('failed', (job, error) => this.log.failed(queue, job, error));
    worker.on('stalled', (jobId) => this.log.stalled(queue, jobId));
    return worker;
  }

  /** Where the queue's keys are: a worker looks where the queue of that name puts its jobs. */
  private placeOf(queue: string, [first]: DiscoveredProcessor[]): QueueBaseOptions {
    const options = this.registry.hasQueue(queue) ? this.registry.getQueue(queue).opts : this.shared;
    if (!options) throw new QueueNotRegisteredError(queue, first?.className ?? 'A processor');
    return baseOptionsOf(options);
  }
}

function groupByQueue(processors: DiscoveredProcessor[]): Map<string, DiscoveredProcessor[]> {
  const queues = new Map<string, DiscoveredProcessor[]>();
  for (const processor of processors) {
    queues.set(processor.queue, [...(queues.get(processor.queue) ?? []), processor]);
  }
  return queues;
}
