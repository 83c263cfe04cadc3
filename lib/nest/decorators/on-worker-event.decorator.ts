import type { WorkerListener } from '../../worker/worker-listener.js';
import { addListener } from './add-listener.js';

/**
 * Calls a method of a provider with what the worker of a queue does in this process. What the method throws goes to
 * Nest's logger. In a request-scoped or transient class each event has an instance of its own, in which `@Inject(REQUEST)`
 * gives a `ListenerRequest`.
 *
 * @param event such as `failed` or `stalled`
 * @param queue name of the queue; default: that of the method's `@Processor` class
 *
 * @example
 * @OnWorkerEvent('failed')
 * onFailed(job: Job<Order>, error: Error) { … }
 */
export function OnWorkerEvent(event: keyof WorkerListener, queue?: string): MethodDecorator {
  return addListener({ source: 'worker', event, queue });
}
