import { bullmq } from './bullmq.js';
import { stepwell } from './stepwell.js';
import type { System } from './system.js';

export const systems: Readonly<Record<string, System>> = { stepwell, bullmq };
