import { setTimeout as pause } from 'node:timers/promises';
import { Inject, UseInterceptors, ValidationPipe } from '@nestjs/common';
import { JobData, Process, Processor, Signal, type Job } from 'stepwell';
import { APP_CONFIG, type AppConfig } from '../app-config.js';
import { shrink } from './images.js';
import { LogTimes } from './log-times.interceptor.js';
import { PICTURES, PictureData, type Picture } from './photo.js';
import { PhotoStore } from './photo-store.js';

/** Makes the pictures. Running twice does no harm: a picture is simply made again. */
@Processor(PICTURES, { concurrency: 2, closeTimeout: 700 })
@UseInterceptors(LogTimes)
export class PictureProcessor {
  constructor(
    private readonly store: PhotoStore,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Process('resize')
  async resize(
    job: Job<PictureData>,
    @JobData(ValidationPipe) { file, name, width }: PictureData,
    @Signal() signal: AbortSignal,
  ): Promise<Picture> {
    await pause(this.config.paceMs, undefined, { signal });
    const { data, info } = await shrink(this.store.photoPath(file), width);
    await this.store.keepPicture(name, data);
    await job.log(`${width} × ${info.height}, ${info.size} bytes of WebP`);
    return { width, height: info.height, bytes: info.size };
  }
}
