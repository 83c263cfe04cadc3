import { FlowProducer, Queue, Worker } from 'stepwell/engine';
import { bullmqStyle } from './bullmq-style.mjs';
import { settings } from './settings.mjs';

const GROUPS = 10_000;
let next = 0;

/** The group of the next job: one after the other, so that each has as many. */
function groupOf() {
  next = (next + 1) % GROUPS;
  return { id: `customer-${next}` };
}

class GroupedQueue extends Queue {
  constructor(name, options) {
    super(name, { ...options, groupOf });
  }
}

// Stepwell with jobs of ten thousand groups.
export const peer = bullmqStyle({ FlowProducer, Queue: GroupedQueue, Worker }, settings.stepwell);
