import type { FlowProducerOptions } from '../../flow/flow-options.js';

/** What `StepwellModule.registerFlowProducer` takes for each flow producer. */
export interface RegisterFlowProducerOptions extends FlowProducerOptions {
  /** As `@InjectFlowProducer` says it. Default: the one without a name. */
  name?: string;
}
