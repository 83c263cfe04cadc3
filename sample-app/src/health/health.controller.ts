import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { StepwellRegistry } from 'stepwell';
import { RedisWatch } from '../redis/redis-watch.js';
import { RecentSpans } from '../traces/recent-spans.js';

/** Says whether Redis answers, which queues are being worked on, and what the newest trace holds. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly registry: StepwellRegistry,
    private readonly redis: RedisWatch,
    private readonly spans: RecentSpans,
  ) {}

  @Get()
  async check(): Promise<object> {
    try {
      const queues = await this.redis.answer(this.countJobs());
      return { status: 'up', queues, lastTrace: this.spans.lastTrace() };
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
