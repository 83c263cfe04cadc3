import { BadRequestException } from '@nestjs/common';
import sharp from 'sharp';

export const MAX_UPLOAD_BYTES = 15 * 1024 * 1024;
export const MAX_PIXELS = 30_000_000;

// Formats are told by the first bytes, whatever the sender calls them. SVG is left out: it is a program.
const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff'];
const MAX_TITLE = 80;

export interface UploadedImage {
  originalname: string;
  buffer: Buffer;
}

/** Refuses what no job could ever make pictures of. Damage further in is found by the job. */
export async function checkUpload(file: UploadedImage | undefined): Promise<void> {
  if (!file || file.buffer.length === 0) {
    throw new BadRequestException('Send one image as the field "photo" of a multipart form.');
  }
  const found = await sharp(file.buffer, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!found || !FORMATS.includes(found.format)) {
    throw new BadRequestException('This is not an image: send a JPEG, PNG, WebP, AVIF, GIF or TIFF file.');
  }
  if (found.width * found.height > MAX_PIXELS) {
    throw new BadRequestException(`This image has more than ${MAX_PIXELS / 1e6} megapixels.`);
  }
}

/** A file's name as a title for people. */
export function titleOf(fileName: string): string {
  const title = fileName
    .replace(/\.\w+$/, '')
    .replaceAll(/\p{Cc}/gu, '')
    .trim();
  return [...title].slice(0, MAX_TITLE).join('') || 'photo';
}
