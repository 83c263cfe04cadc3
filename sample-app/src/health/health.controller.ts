import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { StepwellRegistry } from 'stepwell';
import { RedisWatch } from '../redis/redis-watch.js';

/** Says whether Redis answers and which queues are being worked on. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly registry: StepwellRegistry,
    private readonly redis: RedisWatch,
  ) {}

  @Get()
  async check(): Promise<object> {
    try {
      return { status: 'up', queues: await this.redis.answer(this.countJobs()) };
    } catch {
      throw new ServiceUnavailableException({ status: 'down', reason: 'Redis does not answer' });
    }
  }

  private async countJobs(): Promise<object> {
    const entries = this.registry.getQueues().map(async (queue) => {
      const isRunning = this.registry.getWorker(queue.name)?.isRunning() ?? false;
      return [queue.name, { isRunning, jobs: await queue.getJobCounts() }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}
