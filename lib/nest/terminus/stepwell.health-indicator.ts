import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { type HealthOptions, StepwellHealth } from '../stepwell.health.js';

/**
 * `StepwellHealth` for `@nestjs/terminus`. Provide it where `TerminusModule` is imported.
 *
 * @example
 * @HealthCheck()
 * @Get('ready')
 * ready() {
 *   return this.health.check([() => this.stepwell.isHealthy('queues', { maxLagMs: 60_000 })]);
 * }
 */
@Injectable()
export class StepwellHealthIndicator {
  constructor(
    private readonly stepwell: StepwellHealth,
    private readonly indicators: HealthIndicatorService,
  ) {}

  async isHealthy<K extends string>(key: K, options?: HealthOptions): Promise<HealthIndicatorResult<K>> {
    const { status, ...details } = await this.stepwell.check(options);
    const session = this.indicators.check(key);
    return status === 'up' ? session.up({ ...details }) : session.down({ ...details });
  }
}
