import { FlowProducer, Queue, Worker } from 'stepwell/engine';
import { bullmqStyle } from './bullmq-style.mjs';
import { settings } from './settings.mjs';

/** Never reached: what is measured is what counting costs. */
const MANY = 100_000;

class LimitedQueue extends Queue {
  constructor(name, options) {
    super(name, { ...options, limits: { service: { concurrency: MANY } }, limitsOf: () => ['service'] });
  }
}

// Stepwell with jobs that all name one limit.
export const peer = bullmqStyle({ FlowProducer, Queue: LimitedQueue, Worker }, settings.stepwell);
