import { Injectable } from '@nestjs/common';
import { ProcessorNotProvidedError, QueueNotRegisteredError } from './nest-errors.js';
import { SharedOptions } from './shared-options.js';
import { StepwellRegistry } from './stepwell.registry.js';

/** With `failFast`, ends the start of an application whose jobs could not run. */
@Injectable()
export class StepwellStartCheck {
  constructor(
    private readonly registry: StepwellRegistry,
    private readonly shared: SharedOptions,
  ) {}

  get isOn(): boolean {
    return this.shared.failFast;
  }

  /** Throws the first of what is wrong with processors, then with Redis. */
  async check(
    processors: Iterable<readonly [queue: string, className: string]>,
    unseen: readonly { className: string; queue: string }[],
  ): Promise<void> {
    const [lost] = unseen;
    if (lost) throw new ProcessorNotProvidedError(lost.className, lost.queue);
    for (const [queue, className] of processors) {
      if (!this.registry.hasQueue(queue) && !this.registry.isReplaced(queue)) {
        throw new QueueNotRegisteredError(queue, className);
      }
    }
    await Promise.all(this.registry.getQueues().map((queue) => queue.checkRedis()));
  }
}
