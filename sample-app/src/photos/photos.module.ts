import { Module, type DynamicModule } from '@nestjs/common';
import { StepwellModule, type JobsOptions } from 'stepwell';
import { Duplicates } from './duplicates.js';
import { PHOTOS, PICTURES } from './photo.js';
import { PhotoEventsController } from './photo-events.controller.js';
import { PhotoProcessor } from './photo-processor.js';
import { PhotoStore } from './photo-store.js';
import { PictureProcessor } from './picture-processor.js';
import { PhotosController } from './photos.controller.js';
import { PhotosService } from './photos.service.js';
import { RetryTimes } from './retry-times.js';
import { SamplesController } from './samples.controller.js';
import { StoreRoom } from './store-room.js';
import { UploadsController } from './uploads.controller.js';

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
      controllers: [SamplesController, UploadsController, PhotosController, PhotoEventsController],
      providers: [
        PhotoProcessor,
        PictureProcessor,
        PhotoStore,
        StoreRoom,
        Duplicates,
        RetryTimes,
        PhotosService,
      ],
      exports: [PhotosService, PhotoStore, StoreRoom, queues],
    };
  }
}
