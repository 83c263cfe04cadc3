import { Cron, Every, InjectQueue, Process, Processor, type Queue } from 'stepwell';
import { PHOTOS } from '../photos/photo.js';
import { PhotoStore } from '../photos/photo-store.js';
import { StoreRoom } from '../photos/store-room.js';
import { UPKEEP, type Report } from './upkeep.js';

/** Runs once for each time, however many processes the app has. */
@Processor(UPKEEP)
export class UpkeepProcessor {
  constructor(
    @InjectQueue(PHOTOS) private readonly photos: Queue,
    private readonly room: StoreRoom,
    private readonly store: PhotoStore,
  ) {}

  /** Removes files that no photo needs any more; what a night without the app missed is made up for. */
  @Process('tidy')
  @Cron('0 3 * * *', { name: 'tidy', tz: 'Europe/Berlin', missed: 'last' })
  async tidy(): Promise<{ removed: number }> {
    return { removed: await this.room.tidy() };
  }

  @Process('report')
  @Every('1m', { name: 'report', overlap: 'skip' })
  async report(): Promise<Report> {
    const files = await this.store.files();
    const photos = Object.values(await this.photos.getJobCounts()).reduce((sum, count) => sum + count, 0);
    return { photos, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
}
