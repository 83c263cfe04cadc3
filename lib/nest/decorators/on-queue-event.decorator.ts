import type { QueueEventsListener } from '../../events/queue-events-listener.js';
import { addListener } from './add-listener.js';

/**
 * Calls a method of a provider with what happens in a queue, whichever process makes it happen: the event's fields,
 * then its id. What the method throws goes to Nest's logger. In a request-scoped or transient class each event has an
 * instance of its own, in which `@Inject(REQUEST)` gives a `ListenerRequest`.
 *
 * @param event such as `completed` or `deduplicated`
 * @param queue name of the queue; default: that of the method's `@Processor` class
 *
 * @example
 * @OnQueueEvent('deduplicated', 'orders')
 * onDuplicate({ jobId, deduplicatedJobId }: { jobId: string; deduplicatedJobId: string }) { … }
 */
export function OnQueueEvent(
  event: Exclude<keyof QueueEventsListener, 'error' | 'closing'>,
  queue?: string,
): MethodDecorator {
  return addListener({ source: 'queue', event, queue });
}
