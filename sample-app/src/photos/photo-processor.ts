import { Dedup, Processor, Step, waitForChildren, waitForSignal, type Job, type StepContext } from 'stepwell';
import { inspect } from './images.js';
import {
  APPROVED,
  PHOTOS,
  PICTURES,
  WIDTHS,
  pictureJobId,
  type Approval,
  type Inspection,
  type PhotoData,
  type Picture,
} from './photo.js';
import { PhotoStore } from './photo-store.js';

const ASK_AGAIN_MS = 24 * 3600_000;

/**
 * Takes a photo from its file to its publication. Each step runs to its end once, whatever happens to the process; while
 * a photo waits, for its pictures or for somebody to approve it, it takes no place here.
 */
@Processor(PHOTOS, { concurrency: 4, closeTimeout: 700 })
@Dedup<PhotoData>({ id: ({ digest }) => digest })
export class PhotoProcessor {
  constructor(private readonly store: PhotoStore) {}

  @Step()
  inspect(job: Job<PhotoData>): Promise<Inspection> {
    return inspect(this.store.photoPath(job.data.file));
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
    return pictures.toSorted((a, b) => a.width - b.width);
  }

  @Step()
  approve() {
    return waitForSignal<Approval>(APPROVED, { timeout: ASK_AGAIN_MS });
  }

  @Step()
  publish(_job: Job<PhotoData>, ctx: StepContext<PhotoProcessor>) {
    const approval = ctx.result('approve');
    if (approval.timedOut) return ctx.next('approve');
    const { by } = approval.signal;
    return { approvedBy: by, publishedAt: new Date().toISOString() };
  }
}
