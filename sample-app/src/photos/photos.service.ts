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
import { Duplicates } from './duplicates.js';
import {
  APPROVED,
  PHOTOS,
  PICTURES,
  WIDTHS,
  pictureJobId,
  type Approval,
  type PhotoData,
  type PhotoResult,
  type Picture,
  type PictureData,
} from './photo.js';
import { PhotoStore } from './photo-store.js';
import { viewOf, type PhotoView, type PictureLook } from './photo-view.js';

const NEWEST = 60;
// In the order of a job's life: one that moves on while we read is found again, and shown as what it has become.
const STATES = ['delayed', 'waiting-children', 'waiting', 'active', 'failed', 'completed'] as const;

type PhotoJob = Job<PhotoData, PhotoResult>;

/** Adds photos to the queue and tells how far they are. */
@Injectable()
export class PhotosService {
  constructor(
    @InjectQueue(PHOTOS) private readonly queue: Queue<PhotoData, PhotoResult>,
    @InjectQueue(PICTURES) private readonly pictures: Queue<PictureData, Picture>,
    @InjectQueueEvents(PHOTOS) private readonly events: QueueEvents,
    private readonly store: PhotoStore,
    private readonly duplicates: Duplicates,
  ) {}

  samples(): Promise<string[]> {
    return this.store.sampleNames();
  }

  async addSample(name: string): Promise<PhotoView> {
    const names = await this.store.sampleNames();
    if (!names.includes(name))
      throw new NotFoundException(`There is no sample "${name}": take ${names.join(', ')}.`);
    return this.add({ title: name.replaceAll('-', ' '), file: `sample:${name}`, digest: `sample:${name}` });
  }

  async addUpload(title: string, bytes: Buffer): Promise<PhotoView> {
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

  /** Lets a photo be published, now or as soon as it comes to that. */
  async approve(id: string, approval: Approval): Promise<PhotoView> {
    await this.translateErrors(id, `Photo ${id} has been published.`, () =>
      this.queue.signal(id, APPROVED, approval),
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
    const job = await this.queue.add('publish', data);
    if (!job.deduplicated) return this.view(job, 'waiting');
    await this.store.discardUpload(data.file);
    return { ...(await this.get(job.id)), isDuplicate: true };
  }

  private async view(job: PhotoJob, state: JobState): Promise<PhotoView> {
    const steps = await job.getSteps();
    const isCollected = steps.some(({ name, result }) => name === 'collect' && Array.isArray(result));
    const hasPictures = !isCollected && steps.some(({ name }) => name === 'resize');
    const pictures = hasPictures ? await this.lookAtPictures(job.id) : [];
    return viewOf({ job, state, steps, pictures, duplicates: this.duplicates.of(job.id) });
  }

  private async lookAtPictures(photoId: string): Promise<PictureLook[]> {
    const jobs = await this.pictureJobs(photoId);
    return Promise.all(
      jobs.map(async (job): Promise<PictureLook> => {
        if (!job) return { state: 'unknown' };
        const state = await job.getState();
        if (state === 'completed') return { state, picture: job.returnvalue };
        return { state, ...(state === 'failed' ? { error: job.failedReason ?? '' } : {}) };
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
