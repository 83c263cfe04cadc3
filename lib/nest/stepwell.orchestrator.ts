import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { isDeepStrictEqual } from 'node:util';
import { InvalidOptionError } from '../job/errors.js';
import type { Timer } from '../runtime/runtime.js';
import type { QueueBaseOptions } from '../redis/queue-base-options.js';
import type { QueueOptions } from '../queue/queue-options.js';
import { Worker } from '../worker/worker.js';
import type { WorkerOptions } from '../worker/worker-options.js';
import { afterLazyLoad } from './after-lazy-load.js';
import { baseOptionsOf } from './base-options.js';
import { describeProcessors } from './describe-processors.js';
import type { DiscoveredListener, DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';
import { JobRouter } from './job-router.js';
import { mergeWorkerOptions } from './merge-worker-options.js';
import { afterBootstrap, foundProvider, takeUnseenProcessors } from './start-watch.js';
import { LateProcessorError, QueueNotRegisteredError } from './nest-errors.js';
import { SharedOptions } from './shared-options.js';
import { sayMissingShutdownHooks } from './shutdown-hooks.js';
import { StepwellDedup } from './stepwell.dedup.js';
import { StepwellExplorer } from './stepwell.explorer.js';
import { StepwellLimits } from './stepwell.limits.js';
import { StepwellListeners } from './stepwell.listeners.js';
import { StepwellHealth } from './stepwell.health.js';
import { StepwellLog } from './stepwell.log.js';
import { StepwellRegistry } from './stepwell.registry.js';
import { StepwellSchedules } from './stepwell.schedules.js';
import { StepwellStartCheck } from './stepwell.start-check.js';

type StartWorker = (worker: Worker, processors: readonly DiscoveredProcessor[]) => void;

/** Starts one worker per queue that has processors, and drains them before anything that jobs use goes away. */
@Injectable()
export class StepwellOrchestrator implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private hooks: Timer | undefined;
  /** Instances of processors, and labels of listeners, that have been found. */
  private readonly found = new Set<unknown>();

  constructor(
    private readonly explorer: StepwellExplorer,
    private readonly registry: StepwellRegistry,
    private readonly log: StepwellLog,
    private readonly dedup: StepwellDedup,
    private readonly limits: StepwellLimits,
    private readonly listeners: StepwellListeners,
    private readonly shared: SharedOptions,
    private readonly startCheck: StepwellStartCheck,
    private readonly health: StepwellHealth,
    private readonly schedules: StepwellSchedules,
    private readonly lazy: LazyModuleLoader,
  ) {}

  /** All that may be wrong with the processors is found here, before the first job runs. */
  async onModuleInit(): Promise<void> {
    try {
      this.sayWhatIsIgnored();
      const queues = groupByQueue(this.explorer.explore());
      for (const [queue, processors] of queues) {
        this.begin(queue, processors, startAfterBootstrap);
      }
      const unseen = takeUnseenProcessors();
      if (this.startCheck.isOn) {
        await this.startCheck.check(
          [...queues].map(([queue, [first]]) => [queue, first!.className] as const),
          unseen,
        );
      }
      unseen.forEach((processor) => this.log.unseen(processor));
      this.attachListeners();
      afterLazyLoad(this.lazy, () => this.beginLate());
    } catch (error) {
      await this.onModuleDestroy();
      await this.registry.closeQueues();
      throw error;
    }
  }

  onApplicationBootstrap(): void {
    if (this.registry.getWorkers().some(({ name }) => this.registry.startsWorker(name))) {
      this.hooks = sayMissingShutdownHooks(() => this.log.noShutdownHooks());
    }
  }

  /**
   * The first of Nest's shutdown hooks: whatever is torn down in a later one, or in that of a global module, is still
   * there for the jobs that end now.
   */
  async onModuleDestroy(): Promise<void> {
    this.health.beginShutdown();
    this.hooks?.cancel();
    await Promise.all(this.registry.getWorkers().map((worker) => worker.close()));
  }

  private begin(queue: string, processors: DiscoveredProcessor[], start: StartWorker): void {
    for (const { instance } of processors) {
      foundProvider(instance);
      this.found.add(instance);
    }
    if (this.registry.isReplaced(queue)) return;
    const byHand = mergeWorkerOptions(processors).autorun === false;
    this.registry.addWorker(this.createWorker(queue, processors, start), byHand);
    processors.forEach((processor) => this.dedup.apply(processor));
    processors.forEach((processor) => this.limits.apply(processor));
    this.log.processors(queue, describeProcessors(processors));
    this.schedules.add(queue, processors);
  }

  /** Processors of a module that was loaded after the start. */
  private beginLate(): void {
    const late = this.explorer.explore().filter(({ instance }) => !this.found.has(instance));
    const queues = groupByQueue(late);
    for (const [queue, [first]] of queues) {
      if (this.registry.getWorker(queue)) throw new LateProcessorError(first!.className, queue);
    }
    for (const [queue, processors] of queues) {
      this.begin(queue, processors, (worker) => void worker.run().catch(() => {}));
    }
    this.attachListeners(true);
  }

  /** After the start, those of classes that were not there before. */
  private attachListeners(isLate = false): void {
    const listeners = this.explorer.exploreListeners();
    const nameOf = (each: DiscoveredListener): string =>
      `${each.label} ${each.source} ${each.queue} ${each.event}`;
    const late = isLate ? listeners.filter((each) => !this.found.has(nameOf(each))) : listeners;
    late.forEach((listener) => this.listeners.attach(listener));
    listeners.forEach((each) => this.found.add(nameOf(each)));
  }

  private createWorker(queue: string, processors: DiscoveredProcessor[], start: StartWorker): Worker {
    const router = new JobRouter(queue);
    processors.flatMap(({ handlers }) => handlers).forEach((handler) => router.add(handler));
    const { batch } = router;
    const own = mergeWorkerOptions(processors);
    if (own.batch !== undefined) {
      throw new InvalidOptionError(
        'batch',
        own.batch,
        'Put it on the method: @Process({ batch: { size: 50 } }).',
      );
    }
    const settings = { ...this.strategyOf(queue), ...own.settings };
    const options: WorkerOptions = { ...this.placeOf(queue, processors), ...own, settings };
    const worker = batch
      ? new Worker(queue, router.batchRoute, { ...options, batch, autorun: false })
      : new Worker(queue, router.route, { ...options, autorun: false });
    if (options.autorun !== false) start(worker, processors);
    worker.on('error', (error) => this.log.error(queue, error));
    worker.on('failed', (job, error) => this.log.failed(queue, job, error));
    worker.on('stalled', (jobId) => this.log.stalled(queue, jobId));
    return worker;
  }

  private sayWhatIsIgnored(): void {
    const [used, ...others] = this.explorer.rootOptions();
    if (others.some((options) => !isDeepStrictEqual(options, used))) {
      this.log.severalRoots(others.length + 1);
    }
  }

  /** Slots that the queue plans in a way of its own are planned further by its worker. */
  private strategyOf(queue: string): WorkerOptions['settings'] {
    const options = this.registry.hasQueue(queue) ? this.registry.getQueue(queue).opts : this.shared.queue;
    const repeatStrategy = (options as QueueOptions | undefined)?.settings?.repeatStrategy;
    return repeatStrategy ? { repeatStrategy } : {};
  }

  /** Where the queue's keys are: a worker looks where the queue of that name puts its jobs. */
  private placeOf(queue: string, [first]: DiscoveredProcessor[]): QueueBaseOptions {
    const options = this.registry.hasQueue(queue) ? this.registry.getQueue(queue).opts : this.shared.queue;
    if (!options) throw new QueueNotRegisteredError(queue, first?.className ?? 'A processor');
    return baseOptionsOf(options);
  }
}

/**
 * Starts a worker once all its processors are ready for jobs, their own `onApplicationBootstrap` included. Nest has called
 * that of what is injected into them before.
 */
function startAfterBootstrap(worker: Worker, processors: readonly DiscoveredProcessor[]): void {
  const pending = new Set(processors.map(({ readyAfter }) => readyAfter));
  for (const instance of [...pending]) {
    afterBootstrap(instance, () => {
      pending.delete(instance);
      // One that was closed, or started by hand, meanwhile is left as it is.
      if (pending.size === 0) worker.run().catch(() => {});
    });
  }
}

function groupByQueue(processors: DiscoveredProcessor[]): Map<string, DiscoveredProcessor[]> {
  const queues = new Map<string, DiscoveredProcessor[]>();
  for (const processor of processors) {
    queues.set(processor.queue, [...(queues.get(processor.queue) ?? []), processor]);
  }
  return queues;
}
