import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { StepwellRegistry } from 'stepwell';

const ANSWER_WITHIN_MS = 1000;

/** Says whether Redis answers and which queues are being worked on. */
@Controller('health')
export class HealthController {
  constructor(private readonly registry: StepwellRegistry) {}

  @Get()
  async check(): Promise<object> {
    const late = new AbortController();
    const queues = await Promise.race([
      this.countJobs().catch(() => undefined),
      pause(ANSWER_WITHIN_MS, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    if (queues === undefined)
      throw new ServiceUnavailableException({ status: 'down', reason: 'Redis does not answer' });
    return { status: 'up', queues };
  }

  private async countJobs(): Promise<object> {
    const entries = this.registry.getQueues().map(async (queue) => {
      const isRunning = this.registry.getWorker(queue.name)?.isRunning() ?? false;
      return [queue.name, { isRunning, jobs: await queue.getJobCounts() }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}
