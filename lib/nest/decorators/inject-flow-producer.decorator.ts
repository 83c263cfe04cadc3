import { Inject } from '@nestjs/common';
import { getFlowProducerToken } from '../queue-token.js';

/**
 * Injects a flow producer that was registered with `StepwellModule.registerFlowProducer`.
 *
 * @example
 * constructor(@InjectFlowProducer() private readonly flows: FlowProducer) {}
 */
export function InjectFlowProducer(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getFlowProducerToken(name));
}
