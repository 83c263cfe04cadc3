import { Module, type DynamicModule } from '@nestjs/common';
import { StepwellModule } from 'stepwell';
import { Duplicates } from './duplicates.js';
import { PHOTOS } from './photo.js';
import { PhotoProcessor } from './photo-processor.js';
import { PhotoStore } from './photo-store.js';
import { PhotosController } from './photos.controller.js';
import { PhotosService } from './photos.service.js';

@Module({})
export class PhotosModule {
  static with({ retryMs }: { retryMs: number }): DynamicModule {
    const queues = StepwellModule.registerQueue({
      name: PHOTOS,
      defaultJobOptions: {
        attempts: 3,
        backoff: { type: 'exponential', delay: retryMs },
        removeOnComplete: { count: 100 },
        removeOnFail: { count: 100 },
      },
    });
    return {
      module: PhotosModule,
      imports: [queues],
      controllers: [PhotosController],
      providers: [PhotoProcessor, PhotoStore, Duplicates, PhotosService],
      exports: [PhotosService, queues],
    };
  }
}
