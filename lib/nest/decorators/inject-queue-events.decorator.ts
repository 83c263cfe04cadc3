import { Inject } from '@nestjs/common';
import { checkQueueName } from '../../job/check.js';
import { type QueueName, queueNameOf } from '../define-queue.js';
import { getQueueEventsToken } from '../queue-token.js';

/**
 * Injects the events of a queue that was registered with `StepwellModule.registerQueue`. They are read from the moment
 * that somebody listens or subscribes, over one connection for the whole process, and complete when the application
 * shuts down.
 *
 * @example
 * constructor(@InjectQueueEvents('orders') private readonly events: QueueEvents) {}
 *
 * watch(): Observable<string> {
 *   return this.events.completed$.pipe(map(({ jobId }) => jobId));
 * }
 */
export function InjectQueueEvents(queue: QueueName): PropertyDecorator & ParameterDecorator {
  const name = queueNameOf(queue);
  checkQueueName(name);
  return Inject(getQueueEventsToken(name));
}
