import { SetMetadata } from '@nestjs/common';
import type { DedupPolicy } from '../../job/dedup-policy.js';
import { DEDUP_METADATA } from '../stepwell.constants.js';

/**
 * Deduplicates the jobs of a `@Processor` class, or those of one `@Process` method, whose policy goes before that of
 * the class. It holds for every add through the application's injected queue; a job's own `deduplication` option goes
 * before it. A producer without the processor gives the same policy to `registerQueue({ name, dedup })`.
 *
 * @example
 * @Processor('orders')
 * @Dedup<Order>({ id: (order) => order.orderId })
 * export class OrderProcessor {
 *   @Process('invoice')
 *   @Dedup<Order>({ id: (order) => order.orderId, mode: 'throttle', ttl: 60_000 })
 *   invoice(job: Job<Order>) { … }
 * }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- data may be of any type
export function Dedup<D = any>(policy: DedupPolicy<D>): ClassDecorator & MethodDecorator {
  return SetMetadata(DEDUP_METADATA, policy);
}
