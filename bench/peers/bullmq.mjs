import { FlowProducer, Queue, Worker } from 'bullmq';
import { bullmqStyle } from './bullmq-style.mjs';
import { settings } from './settings.mjs';

export const peer = bullmqStyle({ FlowProducer, Queue, Worker }, settings.bullmq);
