import { setTimeout as pause } from 'node:timers/promises';
import { Inject } from '@nestjs/common';
import { Process, Processor, type Job } from 'stepwell';
import { APP_CONFIG, type AppConfig } from '../app-config.js';
import { shrink } from './images.js';
import { PICTURES, type Picture, type PictureData } from './photo.js';
import { PhotoStore } from './photo-store.js';

/** Makes the pictures. Running twice does no harm: a picture is simply made again. */
@Processor(PICTURES, { concurrency: 2, closeTimeout: 700 })
export class PictureProcessor {
  constructor(
    private readonly store: PhotoStore,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Process('resize')
  async resize(job: Job<PictureData>, _token: string, signal: AbortSignal): Promise<Picture> {
    const { file, name, width } = job.data;
    await pause(this.config.paceMs, undefined, { signal });
    const { data, info } = await shrink(this.store.photoPath(file), width);
    await this.store.keepPicture(name, data);
    await job.log(`${width} × ${info.height}, ${info.size} bytes of WebP`);
    return { width, height: info.height, bytes: info.size };
  }
}
