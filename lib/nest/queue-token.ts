const QUEUE = 'StepwellQueue:';

/**
 * The injection token of a registered queue, for `inject` lists, `app.get` and overrides in tests.
 *
 * @example
 * const orders = app.get<Queue<Order>>(getQueueToken('orders'));
 */
export function getQueueToken(name: string): string {
  return QUEUE + name;
}

/** @internal */
export function nameOfQueueToken(token: string): string {
  return token.slice(QUEUE.length);
}

/**
 * The injection token of the events of a registered queue.
 *
 * @example
 * const events = app.get<QueueEvents>(getQueueEventsToken('orders'));
 */
export function getQueueEventsToken(name: string): string {
  return `StepwellQueueEvents:${name}`;
}

/**
 * The injection token of a registered flow producer.
 *
 * @example
 * const flows = app.get<FlowProducer>(getFlowProducerToken());
 */
export function getFlowProducerToken(name = 'default'): string {
  return `StepwellFlowProducer:${name}`;
}
