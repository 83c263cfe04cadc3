import { createHash } from 'node:crypto';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { Observable } from 'rxjs';
import {
  InjectQueue,
  InjectQueueEvents,
  JobNotFoundError,
  QueueEvents,
  WrongStateError,
  type Job,
  type JobState,
  type Queue,
  type WatchEvent,
} from 'stepwell';
import { RedisWatch } from '../redis/redis-watch.js';
import { Duplicates } from './duplicates.js';
import {
  PHOTOS,
  PICTURES,
  REVIEWED,
  WIDTHS,
  pictureJobId,
  type PhotoData,
  type PhotoResult,
  type Picture,
  type PictureData,
  type Review,
} from './photo.js';
import { detailsOf, type PhotoDetails } from './photo-details.js';
import { PhotoStore } from './photo-store.js';
import { viewOf, type PhotoView, type PictureLook } from './photo-view.js';
import { RetryTimes } from './retry-times.js';
import { StoreRoom } from './store-room.js';

const NEWEST = 60;
/** Log lines of a job that are shown. */
const MAX_LOGS = 100;
// In the order of a job's life: one that moves on while we read is found again, and shown as what it has become.
const STATES = ['delayed', 'waiting-children', 'waiting', 'active', 'failed', 'completed'] as const;

type PhotoJob = Job<PhotoData, PhotoResult>;

/** Adds photos to the queue and tells how far they are. */
@Injectable()
export class PhotosService {
  /** What is being taken back, by the photo's digest. */
  private readonly leaving = new Map<string, Promise<void>>();

  constructor(
    @InjectQueue(PHOTOS) private readonly queue: Queue<PhotoData, PhotoResult>,
    @InjectQueue(PICTURES) private readonly pictures: Queue<PictureData, Picture>,
    @InjectQueueEvents(PHOTOS) private readonly events: QueueEvents,
    private readonly store: PhotoStore,
    private readonly room: StoreRoom,
    private readonly redis: RedisWatch,
    private readonly duplicates: Duplicates,
    private readonly retryTimes: RetryTimes,
  ) {}

  samples(): Promise<string[]> {
    return this.store.sampleNames();
  }

  async addSample(name: string): Promise<PhotoView> {
    const names = await this.store.sampleNames();
    if (!names.includes(name))
      throw new NotFoundException(`There is no sample "${name}": take ${names.join(', ')}.`);
    await this.room.makeFor(0);
    return this.add({ title: name.replaceAll('-', ' '), file: `sample:${name}`, digest: `sample:${name}` });
  }

  async addUpload(title: string, bytes: Buffer): Promise<PhotoView> {
    await this.room.makeFor(bytes.length);
    const digest = createHash('sha256').update(bytes).digest('hex');
    return this.add({ title, file: await this.store.keepUpload(bytes), digest });
  }

  async list(): Promise<PhotoView[]> {
    const found = new Map<string, { job: PhotoJob; state: JobState }>();
    for (const state of STATES) {
      for (const job of await this.queue.getJobs(state, 0, NEWEST - 1)) found.set(job.id, { job, state });
    }
    const newestFirst = [...found.values()].toSorted((a, b) => Number(b.job.id) - Number(a.job.id));
    return Promise.all(newestFirst.slice(0, NEWEST).map(({ job, state }) => this.view(job, state)));
  }

  async get(id: string): Promise<PhotoView> {
    const view = await this.look(id);
    if (!view) throw notFound(id);
    return view;
  }

  /** As `get`, with undefined for a photo that is not there. */
  async look(id: string): Promise<PhotoView | undefined> {
    // The state first: what is read after the end of a job is all of it, also when it ended between the two.
    const state = await this.queue.getJobState(id);
    const job = state === 'unknown' ? undefined : await this.queue.getJob(id);
    return job && state !== 'unknown' ? await this.view(job, state) : undefined;
  }

  /** All that is known of a photo's job and of its pictures' jobs. */
  async details(id: string): Promise<PhotoDetails> {
    const photo = await this.get(id);
    const job = await this.find(id);
    const pictures = (await this.pictureJobs(id)).filter((picture) => picture !== undefined);
    const withLogs = async (queue: Pick<Queue, 'getJobLogs'>, of: Job) => ({
      job: of,
      logs: (await queue.getJobLogs(of.id, -MAX_LOGS, -1)).logs,
    });
    return detailsOf({
      state: photo.state,
      steps: await job.getSteps(),
      photo: await withLogs(this.queue, job),
      pictures: await Promise.all(pictures.map((picture) => withLogs(this.pictures, picture))),
    });
  }

  /** What happens to a photo, from now on or after an event. */
  follow(id: string, after: string | undefined): Observable<WatchEvent> {
    return this.events.watch(id, { after });
  }

  async picturePath(id: string, width: number): Promise<string> {
    const job = await this.find(id);
    if (!WIDTHS.some((known) => known === width)) {
      throw new NotFoundException(`Pictures are ${WIDTHS.join(', ')} pixels wide.`);
    }
    return this.store.picturePath(this.store.pictureName(job, width));
  }

  /** Says whether a photo may be published, now or before it comes to that. */
  async review(id: string, review: Review): Promise<PhotoView> {
    await this.translateErrors(id, `Photo ${id} has come to its end.`, () =>
      this.queue.signal(id, REVIEWED, review),
    );
    return this.get(id);
  }

  /** Tries a failed photo again, from the step that failed, and its pictures that failed. */
  async retry(id: string): Promise<PhotoView> {
    const job = await this.find(id);
    await this.translateErrors(id, `Photo ${id} has not failed.`, async () => {
      for (const picture of await this.pictureJobs(id)) {
        if (await picture?.isFailed()) await picture?.retry('failed', { resetAttemptsMade: true });
      }
      await job.retry('failed', { resetAttemptsMade: true });
    });
    return this.get(id);
  }

  /** While the job of the same photo is unfinished there is no second one; see `@Dedup` on the processor. */
  private async add(data: PhotoData): Promise<PhotoView> {
    let adding: Promise<PhotoJob> | undefined;
    try {
      // Else this one could count as a duplicate of a job that is about to go.
      await this.redis.answer(this.leaving.get(data.digest) ?? Promise.resolve());
      adding = this.queue.add('publish', data);
      const job = await this.redis.answer(adding);
      if (!job.deduplicated) return await this.redis.answer(this.view(job, 'waiting'));
      await this.store.discardUpload(data.file);
      return { ...(await this.redis.answer(this.get(job.id))), isDuplicate: true };
    } catch (error) {
      await this.store.discardUpload(data.file);
      if (adding) this.takeBack(data.digest, adding);
      throw error;
    }
  }

  /** Whoever is told that it failed does not expect the photo later: it leaves no file, and no job either. */
  private takeBack(digest: string, adding: Promise<PhotoJob>): void {
    const before = this.leaving.get(digest);
    const gone = Promise.all([before, this.remove(adding)]).then(() => {
      if (this.leaving.get(digest) === gone) this.leaving.delete(digest);
    });
    this.leaving.set(digest, gone);
  }

  private async remove(adding: Promise<PhotoJob>): Promise<void> {
    const job = await adding.catch(() => undefined);
    if (!job || job.deduplicated) return;
    // One that a worker has by now cannot be removed: it fails, for want of its file.
    await job.remove().catch(() => job.waitUntilFinished(this.events).catch(() => undefined));
  }

  private async view(job: PhotoJob, state: JobState): Promise<PhotoView> {
    const steps = await job.getSteps();
    const isCollected = steps.some(({ name, result }) => name === 'collect' && Array.isArray(result));
    const hasPictures = !isCollected && steps.some(({ name }) => name === 'resize');
    const pictures = hasPictures ? await this.lookAtPictures(job.id) : [];
    const retryAt = this.retryTimes.of(PHOTOS, job.id);
    return viewOf({ job, state, steps, pictures, retryAt, duplicates: this.duplicates.of(job.id) });
  }

  private lookAtPictures(photoId: string): Promise<PictureLook[]> {
    return Promise.all(
      WIDTHS.map(async (width): Promise<PictureLook> => {
        const id = pictureJobId(photoId, width);
        // The state first, as in `look`: a picture that is completed then has its result.
        const state = await this.pictures.getJobState(id);
        const job = await this.pictures.getJob(id);
        if (!job) return { state: 'unknown' };
        const retryAt = this.retryTimes.of(PICTURES, id);
        return { state, job, ...(retryAt === undefined ? {} : { retryAt }) };
      }),
    );
  }

  private pictureJobs(photoId: string): Promise<(Job<PictureData, Picture> | undefined)[]> {
    return Promise.all(WIDTHS.map((width) => this.pictures.getJob(pictureJobId(photoId, width))));
  }

  private async find(id: string): Promise<PhotoJob> {
    const job = await this.queue.getJob(id);
    if (!job) throw notFound(id);
    return job;
  }

  private async translateErrors(id: string, conflict: string, action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (error instanceof JobNotFoundError) throw notFound(id);
      if (error instanceof WrongStateError) throw new ConflictException(conflict);
      throw error;
    }
  }
}

function notFound(id: string): NotFoundException {
  return new NotFoundException(`There is no photo ${id}.`);
}
