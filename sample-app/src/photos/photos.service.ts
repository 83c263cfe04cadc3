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
import { PHOTOS, WIDTHS, type PhotoData, type PhotoResult } from './photo.js';
import { PhotoStore } from './photo-store.js';
import { viewOf, type PhotoView } from './photo-view.js';

const NEWEST = 60;
// In the order of a job's life: one that moves on while we read is found again, and shown as what it has become.
const STATES = ['delayed', 'waiting', 'active', 'failed', 'completed'] as const;

/** Adds photos to the queue and tells how far they are. */
@Injectable()
export class PhotosService {
  constructor(
    @InjectQueue(PHOTOS) private readonly queue: Queue<PhotoData, PhotoResult>,
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
    const views = new Map<string, PhotoView>();
    for (const state of STATES) {
      for (const job of await this.queue.getJobs(state, 0, NEWEST - 1))
        views.set(job.id, this.view(job, state));
    }
    const newestFirst = [...views.values()].sort((a, b) => Number(b.id) - Number(a.id));
    return newestFirst.slice(0, NEWEST);
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
    return job && state !== 'unknown' ? this.view(job, state) : undefined;
  }

  /** What happens to a photo, from now on or after an event. */
  follow(id: string, after: string | undefined): Observable<WatchEvent> {
    return this.events.watch(id, { after });
  }

  async picturePath(id: string, width: number): Promise<string> {
    const { timestamp } = await this.find(id);
    if (!WIDTHS.some((known) => known === width)) {
      throw new NotFoundException(`Pictures are ${WIDTHS.join(', ')} pixels wide.`);
    }
    return this.store.picturePath(id, timestamp, width);
  }

  /** Gives a failed photo all its attempts again. */
  async retry(id: string): Promise<PhotoView> {
    const job = await this.find(id);
    try {
      await job.retry('failed', { resetAttemptsMade: true });
    } catch (error) {
      if (error instanceof JobNotFoundError) throw notFound(id);
      if (error instanceof WrongStateError) throw new ConflictException(`Photo ${id} has not failed.`);
      throw error;
    }
    return this.get(id);
  }

  /** While the job of the same photo is unfinished there is no second one; see `@Dedup` on the processor. */
  private async add(data: PhotoData): Promise<PhotoView> {
    const job = await this.queue.add('develop', data);
    if (!job.deduplicated) return this.view(job, 'waiting');
    await this.store.discardUpload(data.file);
    return { ...(await this.get(job.id)), isDuplicate: true };
  }

  private view(job: Job<PhotoData, PhotoResult>, state: JobState): PhotoView {
    return viewOf(job, state, this.duplicates.of(job.id));
  }

  private async find(id: string): Promise<Job<PhotoData, PhotoResult>> {
    const job = await this.queue.getJob(id);
    if (!job) throw notFound(id);
    return job;
  }
}

function notFound(id: string): NotFoundException {
  return new NotFoundException(`There is no photo ${id}.`);
}
