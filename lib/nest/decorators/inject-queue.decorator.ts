import { Inject } from '@nestjs/common';
import { checkQueueName } from '../../job/check.js';
import { type QueueName, queueNameOf } from '../define-queue.js';
import { getQueueToken } from '../queue-token.js';

/**
 * Injects a queue that was registered with `StepwellModule.registerQueue`.
 *
 * @example
 * constructor(@InjectQueue('orders') private readonly orders: Queue<Order>) {}
 */
export function InjectQueue(queue: QueueName): PropertyDecorator & ParameterDecorator {
  const name = queueNameOf(queue);
  checkQueueName(name);
  return Inject(getQueueToken(name));
}
