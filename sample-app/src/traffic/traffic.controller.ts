import { Controller, HttpCode, Post } from '@nestjs/common';
import { TrafficService } from './traffic.service.js';

@Controller('traffic')
export class TrafficController {
  constructor(private readonly traffic: TrafficService) {}

  @Post()
  @HttpCode(202)
  start(): { lastsMs: number } {
    return this.traffic.start();
  }
}
