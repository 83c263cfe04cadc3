import { HttpException, Inject, Injectable } from '@nestjs/common';
import { InjectQueue, type Queue } from 'stepwell';
import { APP_CONFIG, type AppConfig } from '../app-config.js';
import { RedisWatch } from '../redis/redis-watch.js';
import { PHOTOS, WIDTHS, type PhotoData } from './photo.js';
import { PhotoStore, type StoredFile } from './photo-store.js';

const INSUFFICIENT_STORAGE = 507;
const MAX_FILES = 5000;
/** What the pictures of one photo are taken to need. */
const PICTURES_BYTES = 1024 * 1024;
/** A file so young may belong to a photo that is only being added. */
const YOUNG_MS = 60_000;

/** Bounds what the store's files take. */
@Injectable()
export class StoreRoom {
  constructor(
    @InjectQueue(PHOTOS) private readonly queue: Queue<PhotoData>,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly store: PhotoStore,
    private readonly redis: RedisWatch,
  ) {}

  /**
   * Makes room for a photo of so many bytes and its pictures: where there is none, files go that no job needs any more.
   *
   * @throws {HttpException} 507 where that is not enough
   */
  async makeFor(bytes: number): Promise<void> {
    const needed = bytes + PICTURES_BYTES;
    const files = await this.store.files();
    if (this.isEnough(files, needed)) return;
    const kept = await this.sweep(files);
    if (this.isEnough(kept, needed)) return;
    throw new HttpException(
      'No more photos can be kept: wait until some are published or fail.',
      INSUFFICIENT_STORAGE,
    );
  }

  /** Removes files that no job needs any more; returns how many. */
  async tidy(): Promise<number> {
    const files = await this.store.files();
    return files.length - (await this.sweep(files)).length;
  }

  private isEnough(files: readonly StoredFile[], needed: number): boolean {
    const taken = files.reduce((sum, { bytes }) => sum + bytes, 0);
    return taken + needed <= this.config.maxStoredBytes && files.length + WIDTHS.length < MAX_FILES;
  }

  /** Removes what no job names; returns what is left. */
  private async sweep(files: readonly StoredFile[]): Promise<StoredFile[]> {
    const jobs = await this.redis.answer(this.queue.getJobs());
    const named = new Set(
      jobs.flatMap((job) => [
        ...(this.store.isKey(job.data.file) ? [this.store.photoPath(job.data.file)] : []),
        ...WIDTHS.map((width) => this.store.picturePath(this.store.pictureName(job, width))),
      ]),
    );
    const young = Date.now() - YOUNG_MS;
    const isKept = ({ path, at }: StoredFile): boolean => named.has(path) || at > young;
    for (const file of files) if (!isKept(file)) await this.store.remove(file);
    return files.filter(isKept);
  }
}
