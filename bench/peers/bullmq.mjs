import { Queue, Worker } from 'bullmq';
import { bullmqStyle } from './bullmq-style.mjs';
import { settings } from './settings.mjs';

export const peer = bullmqStyle({ Queue, Worker }, settings.bullmq);
