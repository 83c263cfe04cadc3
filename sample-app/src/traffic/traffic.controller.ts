import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { RedisUpGuard } from '../redis/redis-up.guard.js';
import { TrafficService } from './traffic.service.js';

@Controller('traffic')
@UseGuards(RedisUpGuard)
export class TrafficController {
  constructor(private readonly traffic: TrafficService) {}

  @Post()
  @HttpCode(202)
  start(): { lastsMs: number } {
    return this.traffic.start();
  }
}
