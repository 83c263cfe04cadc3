import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject } from '@nestjs/common';
import sharp, { type OutputInfo } from 'sharp';
import { Dedup, Process, Processor, type Job } from 'stepwell';
import { APP_CONFIG, type AppConfig } from '../app-config.js';
import { MAX_PIXELS } from './upload-rules.js';
import {
  PHOTOS,
  WIDTHS,
  type Inspection,
  type PhotoData,
  type PhotoProgress,
  type PhotoResult,
  type Picture,
} from './photo.js';
import { PhotoStore } from './photo-store.js';

/** Looks at a photo and makes smaller pictures of it. Running twice does no harm: pictures are simply made again. */
@Processor(PHOTOS, { concurrency: 2, closeTimeout: 700 })
@Dedup<PhotoData>({ id: ({ digest }) => digest })
export class PhotoProcessor {
  constructor(
    private readonly store: PhotoStore,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Process('develop')
  async develop(
    job: Job<PhotoData, PhotoResult, 'develop', PhotoProgress>,
    _token: string,
    signal: AbortSignal,
  ): Promise<PhotoResult> {
    const path = this.store.photoPath(job.data.file);
    const of = WIDTHS.length + 1;
    const pictures: Picture[] = [];
    const inspection = await inspect(path);
    await job.updateProgress({ done: 1, of, inspection, pictures });
    for (const width of WIDTHS) {
      await pause(this.config.paceMs, undefined, { signal });
      const { data, info } = await shrink(path, width);
      await this.store.keepPicture(this.store.picturePath(job.id, job.timestamp, width), data);
      pictures.push({ width, height: info.height, bytes: info.size });
      await job.updateProgress({ done: 1 + pictures.length, of, inspection, pictures });
    }
    return { inspection, pictures };
  }
}

async function inspect(path: string): Promise<Inspection> {
  const image = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'none' });
  const { format = 'unknown', autoOrient } = await image.metadata();
  // Decoded loosely: a damaged photo still has a color. Making pictures of it is stricter.
  const small = await image.resize(64, 64, { fit: 'inside' }).toBuffer();
  const { dominant } = await sharp(small).stats();
  const color = [dominant.r, dominant.g, dominant.b]
    .map((part) => part.toString(16).padStart(2, '0'))
    .join('');
  const { size } = await stat(path);
  return { format, width: autoOrient.width, height: autoOrient.height, bytes: size, color: `#${color}` };
}

function shrink(path: string, width: number): Promise<{ data: Buffer; info: OutputInfo }> {
  return sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'warning' })
    .autoOrient()
    .resize({ width, withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
}
