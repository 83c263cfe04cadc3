import { Module } from '@nestjs/common';
import { StepwellModule } from 'stepwell';
import { PULSES } from './pulse.js';
import { PulseProcessor } from './pulse-processor.js';
import { TrafficController } from './traffic.controller.js';
import { TrafficService } from './traffic.service.js';

@Module({
  imports: [
    StepwellModule.registerQueue({
      name: PULSES,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    }),
  ],
  controllers: [TrafficController],
  providers: [PulseProcessor, TrafficService],
})
export class TrafficModule {}
