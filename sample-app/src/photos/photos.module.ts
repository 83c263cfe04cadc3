import { Module, type DynamicModule } from '@nestjs/common';
import { StepwellModule, type JobsOptions } from 'stepwell';
import { Duplicates } from './duplicates.js';
import { PHOTOS, PICTURES } from './photo.js';
import { PhotoProcessor } from './photo-processor.js';
import { PhotoStore } from './photo-store.js';
import { PictureProcessor } from './picture-processor.js';
import { PhotosController } from './photos.controller.js';
import { PhotosService } from './photos.service.js';

/** Finished jobs of each kind. */
const KEPT = 300;

@Module({})
export class PhotosModule {
  static with({ retryMs }: { retryMs: number }): DynamicModule {
    const defaultJobOptions: JobsOptions = {
      attempts: 3,
      backoff: { type: 'exponential', delay: retryMs },
      removeOnComplete: { count: KEPT },
      removeOnFail: { count: KEPT },
    };
    const queues = StepwellModule.registerQueue(
      { name: PHOTOS, defaultJobOptions },
      { name: PICTURES, defaultJobOptions },
    );
    return {
      module: PhotosModule,
      imports: [queues],
      controllers: [PhotosController],
      providers: [PhotoProcessor, PictureProcessor, PhotoStore, Duplicates, PhotosService],
      exports: [PhotosService, queues],
    };
  }
}
