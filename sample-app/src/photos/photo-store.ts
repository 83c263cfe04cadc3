import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Job } from 'stepwell';
import { APP_CONFIG, type AppConfig } from '../app-config.js';

const SAMPLES_FOLDER = fileURLToPath(new URL('../../photos/', import.meta.url));
const SAMPLE = /^([a-z-]+)\.jpg$/;
const FILE = /^(?:sample:[a-z-]+|upload:[0-9a-f-]{36})$/;

/** Files of photos and pictures. Jobs and results only name them. */
@Injectable()
export class PhotoStore implements OnModuleInit {
  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  async onModuleInit(): Promise<void> {
    await mkdir(join(this.config.dataFolder, 'uploads'), { recursive: true });
    await mkdir(join(this.config.dataFolder, 'pictures'), { recursive: true });
  }

  /** Names of the photos that come with the app. */
  async sampleNames(): Promise<string[]> {
    const files = await readdir(SAMPLES_FOLDER);
    return files.flatMap((file) => SAMPLE.exec(file)?.[1] ?? []).sort();
  }

  /** Keeps an uploaded photo and answers its key. */
  async keepUpload(bytes: Buffer): Promise<string> {
    const id = randomUUID();
    await writeFile(join(this.config.dataFolder, 'uploads', id), bytes);
    return `upload:${id}`;
  }

  /** Removes an upload that nobody needs. */
  async discardUpload(file: string): Promise<void> {
    if (file.startsWith('upload:')) await rm(this.photoPath(file), { force: true });
  }

  /** Where the photo of that key lies. */
  photoPath(file: string): string {
    if (!FILE.test(file)) throw new Error('This is not the key of a photo');
    const [kind, name = ''] = file.split(':');
    return kind === 'sample'
      ? join(SAMPLES_FOLDER, `${name}.jpg`)
      : join(this.config.dataFolder, 'uploads', name);
  }

  /** The name of a picture of a photo's job. */
  pictureName({ id, timestamp }: Pick<Job, 'id' | 'timestamp'>, width: number): string {
    // Ids begin anew with each new Redis, so that the time of adding belongs to the name.
    return `${timestamp}-${encodeURIComponent(id)}-${width}.webp`;
  }

  /** Where the picture of that name lies. */
  picturePath(name: string): string {
    return join(this.config.dataFolder, 'pictures', name);
  }

  /** Writes a picture as a whole or not at all: a reader never sees half of one. */
  async keepPicture(name: string, bytes: Buffer): Promise<void> {
    const path = this.picturePath(name);
    const unfinished = `${path}.${randomUUID()}`;
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  }
}
