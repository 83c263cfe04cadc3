import { Injectable } from '@nestjs/common';
import type { DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';
import type { LimitMetadata } from './interfaces/metadata.interface.js';
import { QueueNotRegisteredError } from './nest-errors.js';
import { StepwellRegistry } from './stepwell.registry.js';

/** Hands what `@Limit` says to the queues that the application adds its jobs through. */
@Injectable()
export class StepwellLimits {
  constructor(private readonly registry: StepwellRegistry) {}

  /** Throws `InvalidOptionError` where two define one limit differently, and `QueueNotRegisteredError`. */
  apply({ queue, className, limits, handlers }: DiscoveredProcessor): void {
    for (const handler of handlers) {
      const own = handler.limits.length > 0;
      const named = own ? handler.limits : limits;
      if (named.length > 0) {
        this.use(queue, named, handler.jobName, own ? handler.label : className);
      }
    }
  }

  private use(
    queue: string,
    limits: readonly LimitMetadata[],
    jobName: string | undefined,
    from: string,
  ): void {
    if (!this.registry.hasQueue(queue)) {
      throw new QueueNotRegisteredError(queue, `@Limit on ${from}`);
    }
    const target = this.registry.getQueue(queue);
    for (const { limit, numbers } of limits) {
      if (numbers && typeof limit === 'string') {
        target.defineLimit(limit, numbers, from);
      }
    }
    target.useLimits(
      (data, name) =>
        limits.flatMap(({ limit }) => (typeof limit === 'function' ? (limit(data, name) ?? []) : limit)),
      jobName,
      from,
    );
  }
}
