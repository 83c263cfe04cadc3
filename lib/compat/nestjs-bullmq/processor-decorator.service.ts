import { Injectable } from '@nestjs/common';
import type { Processor } from '../bullmq/worker.js';

/**
 * Is given the function of each class processor before its worker gets it. Override the provider to wrap them, such as for
 * tracing.
 */
@Injectable()
export class ProcessorDecoratorService {
  decorate(processor: Processor<any, any>): Processor<any, any> {
    return processor;
  }
}
