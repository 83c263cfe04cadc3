import { Inject } from '@nestjs/common';
import { getQueueToken } from '../queue-token.js';

/**
 * Injects a queue that was registered with `StepwellModule.registerQueue`.
 *
 * @example
 * constructor(@InjectQueue('orders') private readonly orders: Queue<Order>) {}
 */
export function InjectQueue(name: string): PropertyDecorator & ParameterDecorator {
  return Inject(getQueueToken(name));
}
