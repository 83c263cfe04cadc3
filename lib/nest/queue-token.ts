/**
 * The injection token of a registered queue, for `inject` lists, `app.get` and overrides in tests.
 *
 * @example
 * const orders = app.get<Queue<Order>>(getQueueToken('orders'));
 */
export function getQueueToken(name: string): string {
  return `StepwellQueue:${name}`;
}
