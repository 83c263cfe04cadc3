import { Injectable } from '@nestjs/common';
import type { DiscoveredListener } from './interfaces/discovered-processor.interface.js';
import { eventNames, isEventName } from '../events/event-names.js';
import { InvalidOptionError } from '../job/errors.js';
import { didYouMean, nearestName } from '../job/known-names.js';
import { WORKER_EVENTS } from '../worker/worker-listener.js';
import { ListenerWithoutWorkerError, QueueNotRegisteredError } from './nest-errors.js';
import { StepwellLog } from './stepwell.log.js';
import { StepwellRegistry } from './stepwell.registry.js';

type Listener = (...args: unknown[]) => unknown;

/** Joins decorated methods to the queues and workers that they listen to. */
@Injectable()
export class StepwellListeners {
  constructor(
    private readonly registry: StepwellRegistry,
    private readonly log: StepwellLog,
  ) {}

  /** Throws where nothing could ever be heard. */
  attach({ source, queue, event, label, handle }: DiscoveredListener): void {
    if (this.registry.isReplaced(queue)) return;
    if (source === 'queue') {
      if (!this.registry.hasQueue(queue)) throw new QueueNotRegisteredError(queue, label);
      // Events of one's own have any name.
      const meant = isEventName(event) ? undefined : nearestName(event, eventNames());
      if (meant !== undefined) this.log.unknownEvent(label, event, meant);
      if (!this.registry.areEventsReplaced(queue))
        this.registry.getEvents(queue).on(event, handle as Listener);
      return;
    }
    const worker = this.registry.getWorker(queue);
    if (!worker) throw new ListenerWithoutWorkerError(queue, label);
    if (!WORKER_EVENTS.includes(event)) {
      const hint = `${didYouMean(event, WORKER_EVENTS)}Events of a worker: ${WORKER_EVENTS.join(', ')}.`;
      throw new InvalidOptionError(`event of ${label}`, event, hint);
    }
    worker.on(event as 'error', handle as Listener);
  }
}
