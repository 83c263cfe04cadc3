import { setTimeout as pause } from 'node:timers/promises';
import { Process, Processor, type Job } from 'stepwell';
import { PULSES } from './pulse.js';

const MAX_WORK_MS = 30;
const FAILING_SHARE = 0.01;

/** Does nothing for a few milliseconds, as a call of another service would, and fails now and then. */
@Processor(PULSES, { concurrency: 50, closeTimeout: 700 })
export class PulseProcessor {
  @Process()
  async beat(_job: Job, _token: string, signal: AbortSignal): Promise<void> {
    await pause(Math.random() * MAX_WORK_MS, undefined, { signal });
    if (Math.random() < FAILING_SHARE) throw new Error('This beat was missed');
  }
}
