import { FlowProducer, Queue, Worker } from 'stepwell/engine';
import { bullmqStyle } from './bullmq-style.mjs';
import { settings } from './settings.mjs';

export const peer = bullmqStyle({ FlowProducer, Queue, Worker }, settings.stepwell);
