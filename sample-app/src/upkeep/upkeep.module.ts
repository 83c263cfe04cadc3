import { Module, type DynamicModule } from '@nestjs/common';
import { StepwellModule } from 'stepwell';
import { SchedulesController } from './schedules.controller.js';
import { UPKEEP } from './upkeep.js';
import { UpkeepProcessor } from './upkeep-processor.js';

@Module({})
export class UpkeepModule {
  /** Looks after the files of `photos`. */
  static with(photos: DynamicModule): DynamicModule {
    return {
      module: UpkeepModule,
      imports: [
        photos,
        StepwellModule.registerQueue({
          name: UPKEEP,
          defaultJobOptions: { attempts: 3, backoff: 5000, removeOnComplete: 20, removeOnFail: 20 },
        }),
      ],
      controllers: [SchedulesController],
      providers: [UpkeepProcessor],
    };
  }
}
