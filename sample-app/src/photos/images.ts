import { stat } from 'node:fs/promises';
import sharp, { type OutputInfo, type Sharp } from 'sharp';
import type { Inspection } from './photo.js';
import { MAX_PIXELS } from './upload-rules.js';

/** Looks at a photo as a whole. One that is damaged is an error. */
export async function inspect(path: string): Promise<Inspection> {
  const image = open(path);
  const { format = 'unknown', autoOrient } = await image.metadata();
  const small = await image.resize(64, 64, { fit: 'inside' }).toBuffer();
  const { dominant } = await sharp(small).stats();
  const color = [dominant.r, dominant.g, dominant.b]
    .map((part) => part.toString(16).padStart(2, '0'))
    .join('');
  const { size } = await stat(path);
  return { format, width: autoOrient.width, height: autoOrient.height, bytes: size, color: `#${color}` };
}

/** Makes a picture of a photo. */
export function shrink(path: string, width: number): Promise<{ data: Buffer; info: OutputInfo }> {
  return open(path)
    .autoOrient()
    .resize({ width, withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
}

function open(path: string): Sharp {
  return sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'warning' });
}
