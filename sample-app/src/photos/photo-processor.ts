import { UseInterceptors } from '@nestjs/common';
import { Dedup, Processor, Step, waitForChildren, waitForSignal, type Job, type StepContext } from 'stepwell';
import { inspect } from './images.js';
import { LogTimes } from './log-times.interceptor.js';
import {
  PHOTOS,
  PICTURES,
  REVIEWED,
  WIDTHS,
  pictureJobId,
  type Inspection,
  type PhotoData,
  type PhotoResult,
  type Picture,
  type Review,
} from './photo.js';
import { PhotoStore } from './photo-store.js';

const ASK_AGAIN_MS = 24 * 3600_000;

/**
 * Takes a photo from its file to its publication. Each step runs to its end once, whatever happens to the process; while
 * a photo waits, for its pictures or for somebody to look at it, it takes no place here.
 */
@Processor(PHOTOS, { concurrency: 4, closeTimeout: 700 })
@UseInterceptors(LogTimes)
@Dedup<PhotoData>({ id: ({ digest }) => digest })
export class PhotoProcessor {
  constructor(private readonly store: PhotoStore) {}

  @Step()
  async inspect(job: Job<PhotoData>, ctx: StepContext): Promise<Inspection> {
    const found = await inspect(this.store.photoPath(job.data.file));
    await ctx.log(`${found.format}, ${found.width} × ${found.height}, mostly ${found.color}`);
    return found;
  }

  /** A job for each picture, in a queue of their own. Coming here again adds none twice. */
  @Step()
  async resize(job: Job<PhotoData>, ctx: StepContext<PhotoProcessor>) {
    await ctx.addChildren(
      WIDTHS.map((width) => ({
        queueName: PICTURES,
        name: 'resize',
        data: { file: job.data.file, name: this.store.pictureName(job, width), width },
        opts: { jobId: pictureJobId(job.id, width), failParentOnFailure: true },
      })),
    );
    return waitForChildren();
  }

  @Step()
  async collect(job: Job<PhotoData>, ctx: StepContext<PhotoProcessor>) {
    // After a retry, pictures that failed may be on their way still.
    const { unprocessed = 0 } = await job.getDependenciesCount({ unprocessed: true });
    if (unprocessed > 0) return ctx.next('resize');
    const pictures = Object.values(await job.getChildrenValues<Picture>());
    await this.store.discardUpload(job.data.file); // Nobody needs it any more.
    await ctx.log(`${pictures.length} pictures, ${sum(pictures)} bytes`);
    return pictures.toSorted((a, b) => a.width - b.width);
  }

  @Step()
  review() {
    return waitForSignal<Review>(REVIEWED, { timeout: ASK_AGAIN_MS });
  }

  @Step()
  publish(_job: Job<PhotoData>, ctx: StepContext<PhotoProcessor>) {
    const review = ctx.result('review');
    if (review.timedOut) return ctx.next('review');
    return { ...review.signal, at: new Date().toISOString() } satisfies PhotoResult;
  }
}

function sum(pictures: readonly Picture[]): number {
  return pictures.reduce((bytes, picture) => bytes + picture.bytes, 0);
}
