import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Job } from 'stepwell';
import { APP_CONFIG, type AppConfig } from '../app-config.js';

const SAMPLES_FOLDER = fileURLToPath(new URL('../../photos/', import.meta.url));
const SAMPLE = /^([a-z-]+)\.jpg$/;
const FILE = /^(?:sample:[a-z-]+|upload:[0-9a-f-]{36})$/;

const FOLDERS = ['uploads', 'pictures'] as const;

/** A file that is kept. */
export interface StoredFile {
  path: string;
  bytes: number;
  /** When it was written. */
  at: number;
}

/** Files of photos and pictures. Jobs and results only name them. */
@Injectable()
export class PhotoStore implements OnModuleInit {
  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  async onModuleInit(): Promise<void> {
    for (const folder of FOLDERS) {
      await mkdir(join(this.config.dataFolder, folder), { recursive: true, mode: 0o700 });
    }
  }

  /** Names of the photos that come with the app. */
  async sampleNames(): Promise<string[]> {
    const files = await readdir(SAMPLES_FOLDER);
    return files.flatMap((file) => SAMPLE.exec(file)?.[1] ?? []).sort();
  }

  /** Keeps an uploaded photo and answers its key. */
  async keepUpload(bytes: Buffer): Promise<string> {
    const file = `upload:${randomUUID()}`;
    try {
      await writeFile(this.photoPath(file), bytes);
      return file;
    } catch (error) {
      await this.discardUpload(file); // A part of it takes room too.
      throw error;
    }
  }

  /** Removes an upload that nobody needs. */
  async discardUpload(file: string): Promise<void> {
    if (file.startsWith('upload:')) await rm(this.photoPath(file), { force: true });
  }

  /** Whether it may be the key of a photo; what is in a job may be anything. */
  isKey(file: unknown): file is string {
    return typeof file === 'string' && FILE.test(file);
  }

  /** Where the photo of that key lies. */
  photoPath(file: string): string {
    if (!this.isKey(file)) throw new Error('This is not the key of a photo');
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

  /** All files of uploads and pictures. */
  async files(): Promise<StoredFile[]> {
    const found = await Promise.all(FOLDERS.map((folder) => this.filesOf(folder)));
    return found.flat();
  }

  /** Removes a file; one that is gone already is no error. */
  async remove({ path }: StoredFile): Promise<void> {
    await rm(path, { force: true });
  }

  private async filesOf(folder: string): Promise<StoredFile[]> {
    const names = await readdir(join(this.config.dataFolder, folder)).catch(() => []); // Where it is away, it takes no room.
    const files = names.map(async (name): Promise<StoredFile[]> => {
      const path = join(this.config.dataFolder, folder, name);
      const found = await stat(path).catch(() => undefined); // Others may remove it meanwhile.
      return found ? [{ path, bytes: found.size, at: found.mtimeMs }] : [];
    });
    return (await Promise.all(files)).flat();
  }
}
