import { Injectable } from '@nestjs/common';
import { asError } from '../job/job-failure.js';
import type { Queue } from '../queue/queue.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import { within } from '../runtime/within.js';
import { StepwellRegistry } from './stepwell.registry.js';

export interface HealthOptions {
  /** Milliseconds that Redis has to reply. Default 1000. */
  timeoutMs?: number;
  /** Down where the oldest waiting job has waited for longer than that. Default: no limit. */
  maxLagMs?: number;
}

export interface QueueHealth {
  /** Whether Redis replies, and takes writes. */
  redis: 'up' | 'down';
  /** For how long the oldest job has waited that could start, ms; absent where Redis does not say. */
  lagMs?: number;
  /** Of this application: absent where it has no processor of the queue. */
  worker?: 'running' | 'paused' | 'stopped';
  /** Whether all events so far have been read; absent where nobody listens. */
  events?: 'current' | 'behind';
  /** What is wrong, first of all. */
  reason?: string;
}

export interface HealthReport {
  status: 'up' | 'down';
  /** Whether the application has begun to shut down. */
  isShuttingDown: boolean;
  queues: Record<string, QueueHealth>;
}

const TIMEOUT_MS = 1000;

/**
 * Says whether this application can add jobs and runs those it has processors for. It is down from the moment that the shutdown begins,
 * so that nothing more is sent here while the running jobs end.
 *
 * @example
 * @Get('ready')
 * async ready(@Res({ passthrough: true }) response: Response) {
 *   const health = await this.health.check({ maxLagMs: 60_000 });
 *   response.status(health.status === 'up' ? 200 : 503);
 *   return health;
 * }
 */
@Injectable()
export class StepwellHealth {
  private isShuttingDown = false;

  constructor(private readonly registry: StepwellRegistry) {}

  /** @internal Called before the workers drain; a hook of this class, which is in a global module, would come after. */
  beginShutdown(): void {
    this.isShuttingDown = true;
  }

  /** Never rejects, and takes no longer than `timeoutMs` by much. */
  async check({ timeoutMs = TIMEOUT_MS, maxLagMs = Infinity }: HealthOptions = {}): Promise<HealthReport> {
    const queues = await Promise.all(
      this.registry
        .getQueues()
        .map(async (queue) => [queue.name, await this.look(queue, timeoutMs, maxLagMs)] as const),
    );
    const { isShuttingDown } = this;
    const isUp = !isShuttingDown && queues.every(([, { reason }]) => reason === undefined);
    return { status: isUp ? 'up' : 'down', isShuttingDown, queues: Object.fromEntries(queues) };
  }

  private async look(queue: Queue, timeoutMs: number, maxLagMs: number): Promise<QueueHealth> {
    const health: QueueHealth = { redis: 'down' };
    const reasons: string[] = [];
    const events = this.registry.readingEvents(queue.name);
    const ask = async (): Promise<void> => {
      try {
        const [lagMs] = await Promise.all([queue.getLagMs(), queue.store.server.write()]);
        Object.assign(health, { redis: 'up', lagMs });
      } catch (error) {
        reasons.push(asError(error).message);
      }
    };
    if (events) health.events = 'behind';
    const current = events?.caughtUp().then(
      () => (health.events = 'current'),
      () => {},
    );
    await within(systemRuntime, timeoutMs, Promise.all([ask(), current]));
    if (health.redis === 'down') reasons.push(`Redis did not answer within ${timeoutMs} ms.`);
    if (health.events === 'behind') reasons.push('The reader of events is behind.');
    if ((health.lagMs ?? 0) > maxLagMs) reasons.push(`A job has waited for ${health.lagMs} ms.`);
    this.lookAtWorker(queue.name, health, reasons);
    const [reason] = reasons;
    return reason === undefined ? health : { ...health, reason };
  }

  private lookAtWorker(queue: string, health: QueueHealth, reasons: string[]): void {
    const worker = this.registry.getWorker(queue);
    if (!worker) return;
    health.worker = worker.isPaused() ? 'paused' : worker.isRunning() ? 'running' : 'stopped';
    // One that waits to be started by hand is as it is meant to be.
    if (health.worker === 'stopped' && this.registry.startsWorker(queue))
      reasons.push('The worker does not run.');
  }
}
