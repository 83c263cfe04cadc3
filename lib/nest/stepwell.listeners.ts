import { Injectable } from '@nestjs/common';
import type { DiscoveredListener } from './interfaces/discovered-processor.interface.js';
import { ListenerWithoutWorkerError } from './nest-errors.js';
import { StepwellRegistry } from './stepwell.registry.js';

type Listener = (...args: unknown[]) => unknown;

/** Joins decorated methods to the queues and workers that they listen to. */
@Injectable()
export class StepwellListeners {
  constructor(private readonly registry: StepwellRegistry) {}

  /** Throws where nothing could ever be heard. */
  attach({ source, queue, event, label, handle }: DiscoveredListener): void {
    if (source === 'queue') {
      this.registry.getEvents(queue).on(event, handle as Listener);
      return;
    }
    const worker = this.registry.getWorker(queue);
    if (!worker) throw new ListenerWithoutWorkerError(queue, label);
    worker.on(event as 'error', handle as Listener);
  }
}
