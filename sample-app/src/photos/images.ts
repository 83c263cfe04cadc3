import { stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import sharp, { type OutputInfo, type Sharp } from 'sharp';
import type { Inspection } from './photo.js';
import { MAX_PIXELS } from './upload-rules.js';

const AT_ONCE = 2;
const LONGEST_SECONDS = 20;

// An image in work may take a hundred megabytes, whatever the number of jobs: few at once, of one thread each, none kept.
const limit = pLimit(AT_ONCE);
sharp.concurrency(1);
sharp.cache(false);

/** Looks at a photo as a whole. One that is damaged is an error. */
export function inspect(path: string): Promise<Inspection> {
  return limit(async () => {
    const image = open(path);
    const { format = 'unknown', autoOrient } = await image.metadata();
    const small = await image.resize(64, 64, { fit: 'inside' }).toBuffer();
    const { dominant } = await sharp(small).stats();
    const color = [dominant.r, dominant.g, dominant.b]
      .map((part) => part.toString(16).padStart(2, '0'))
      .join('');
    const { size } = await stat(path);
    return { format, width: autoOrient.width, height: autoOrient.height, bytes: size, color: `#${color}` };
  });
}

/** Makes a picture of a photo. */
export function shrink(path: string, width: number): Promise<{ data: Buffer; info: OutputInfo }> {
  return limit(() =>
    open(path)
      .autoOrient()
      .resize({ width, withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer({ resolveWithObject: true }),
  );
}

function open(path: string): Sharp {
  return sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'warning' }).timeout({
    seconds: LONGEST_SECONDS,
  });
}
