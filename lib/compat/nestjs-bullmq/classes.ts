import type { Type } from '@nestjs/common';
import { FlowProducer } from '../bullmq/flow-producer.js';
import { Queue } from '../bullmq/queue.js';
import { Worker } from '../bullmq/worker.js';

/** What queues, workers and flow producers are made of; an application may derive classes of its own. */
export const classes: { queue: Type; worker: Type; flowProducer: Type } = {
  queue: Queue as unknown as Type,
  worker: Worker as unknown as Type,
  flowProducer: FlowProducer as unknown as Type,
};
