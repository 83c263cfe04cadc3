import type { Processor } from '../../worker/worker-options.js';
import type { HandlerMetadata, ProcessorMetadata } from './metadata.interface.js';

/** A decorated method of a provider, ready to be called. */
export interface DiscoveredHandler extends HandlerMetadata {
  /** `PhotoProcessor.resize()`, for messages. */
  readonly label: string;
  readonly handle: Processor;
}

/** A provider with `@Processor` and its handlers. */
export interface DiscoveredProcessor extends ProcessorMetadata {
  readonly className: string;
  readonly handlers: readonly DiscoveredHandler[];
}
