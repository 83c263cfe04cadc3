import { Injectable } from '@nestjs/common';
import type { DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';
import { StepwellRegistry } from './stepwell.registry.js';

/** Hands the policies of `@Dedup` to the queues that the application adds its jobs through. */
@Injectable()
export class StepwellDedup {
  constructor(private readonly registry: StepwellRegistry) {}

  /** Throws `InvalidOptionError` for a policy that contradicts itself, and for two policies of the same jobs. */
  apply(processor: DiscoveredProcessor): void {
    const { queue, className, dedup, handlers } = processor;
    if (!this.registry.hasQueue(queue)) {
      return;
    }
    const target = this.registry.getQueue(queue);
    for (const handler of handlers) {
      const policy = handler.dedup ?? dedup;
      if (policy) {
        target.useDedup(policy, handler.jobName, handler.dedup ? handler.label : className);
      }
    }
  }
}
