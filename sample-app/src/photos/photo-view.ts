import type { Job, JobState, JobStep, StepStatus } from 'stepwell';
import {
  STEPS,
  WIDTHS,
  type Inspection,
  type PhotoData,
  type PhotoResult,
  type Picture,
  type PictureData,
  type Review,
} from './photo.js';

/** A step of a photo's job as HTTP shows it. */
export interface StepView {
  name: string;
  status: 'pending' | StepStatus;
  /** How often it was tried. */
  attempts: number;
  tookMs?: number;
  /** Why it failed last, as long as it has not completed. */
  failedReason?: string;
  /** The jobs that work for it. */
  children?: ChildView[];
}

export interface ChildView {
  name: string;
  state: JobState | 'unknown';
}

/** A photo's job as HTTP shows it. */
export interface PhotoView {
  id: string;
  title: string;
  state: JobState;
  addedAt: string;
  /** All steps in their order, also those still to come. */
  steps: StepView[];
  inspection?: Inspection;
  pictures: { width: number; height: number; bytes: number; url: string }[];
  /** What somebody said of it who looked at it. */
  review?: { verdict: Review['verdict']; by: string };
  /** Of a photo that failed, or that is tried again. */
  failure?: Failure;
  /** How often the same photo came again while this job was unfinished; no second job was made. */
  duplicates: number;
  /** Only in the answer to an upload: this is the job that there was already. */
  isDuplicate?: true;
}

/** What went wrong last. */
export interface Failure {
  /** The step, or the picture, that failed. */
  what: string;
  reason: string;
  /** Tries so far, of so many. */
  attempt: number;
  attempts: number;
  /** When it is tried again, milliseconds since 1970; absent where it is not, or has begun. */
  retryAt?: number;
}

/** What is known of a picture's job. */
export interface PictureLook {
  state: JobState | 'unknown';
  job?: Job<PictureData, Picture>;
  /** When it is due, where it failed and is tried again. */
  retryAt?: number;
}

/** What a view is made of. */
export interface PhotoLook {
  job: Job<PhotoData, PhotoResult>;
  state: JobState;
  steps: JobStep[];
  /** In the order of `WIDTHS`; empty while there are none. */
  pictures: PictureLook[];
  /** When the job is due, where it failed and is tried again. */
  retryAt: number | undefined;
  duplicates: number;
}

export function viewOf(look: PhotoLook): PhotoView {
  const { job, state, steps, pictures, duplicates } = look;
  const resultOf = (name: string): unknown => steps.find((step) => step.name === name)?.result;
  const done = pictures.flatMap((picture) =>
    picture.state === 'completed' && picture.job ? picture.job.returnvalue : [],
  );
  const made = (resultOf('collect') ?? done) as Picture[];
  const inspection = resultOf('inspect') as Inspection | undefined;
  const failed = failureOf(look);
  return {
    id: job.id,
    title: job.data.title,
    state,
    addedAt: new Date(job.timestamp).toISOString(),
    steps: STEPS.map((name) => stepView(name, steps, pictures)),
    ...(inspection ? { inspection } : {}),
    pictures: made.map((picture) => ({
      ...picture,
      // The time is there for the browser's cache: a later job may have the same id.
      url: `/photos/${encodeURIComponent(job.id)}/pictures/${picture.width}?added=${job.timestamp}`,
    })),
    ...(state === 'completed'
      ? { review: { verdict: job.returnvalue.verdict, by: job.returnvalue.by } }
      : {}),
    ...(failed ? { failure: failed } : {}),
    duplicates,
  };
}

/** The picture that went wrong, if any: that the photo failed with it says less. */
function failureOf({ job, state, steps, pictures, retryAt }: PhotoLook): Failure | undefined {
  for (const [at, picture] of pictures.entries()) {
    const { attemptsMade, failedReason, opts } = picture.job ?? {};
    if (picture.state === 'completed' || !failedReason || !attemptsMade) continue;
    const tries = { attempt: attemptsMade, attempts: opts?.attempts ?? 1 };
    return failure(
      `${WIDTHS[at]} px`,
      failedReason,
      tries,
      picture.state === 'delayed' ? picture.retryAt : undefined,
    );
  }
  const step = steps.find(({ status }) => status === 'retrying' || status === 'failed');
  if (!step && state !== 'failed') return undefined;
  const tries = { attempt: step?.attempts ?? job.attemptsMade, attempts: job.opts.attempts ?? 1 };
  const reason = step?.failedReason ?? job.failedReason ?? '';
  // A process that has not heard of the delay knows about when it ends.
  const about = step && step.startedOn + job.delay;
  const due = step && retryAt !== undefined && retryAt > step.startedOn ? retryAt : about;
  return failure(step?.name ?? job.name, reason, tries, state === 'delayed' ? due : undefined);
}

function failure(
  what: string,
  reason: string,
  tries: Pick<Failure, 'attempt' | 'attempts'>,
  retryAt: number | undefined,
): Failure {
  return { what, reason, ...tries, ...(retryAt === undefined ? {} : { retryAt }) };
}

function stepView(name: string, steps: JobStep[], pictures: PictureLook[]): StepView {
  const step = steps.find((known) => known.name === name);
  if (!step) return { name, status: 'pending', attempts: 0 };
  const { status, attempts, startedOn, finishedOn, failedReason } = step;
  const view: StepView = { name, status, attempts };
  if (failedReason !== undefined && status !== 'completed') view.failedReason = failedReason;
  if (name === 'resize') Object.assign(view, statusOfChildren(status, pictures));
  // For people this step ends when its pictures are there, which is when the next one begins.
  const end = name === 'resize' ? steps.find((other) => other.name === 'collect')?.startedOn : finishedOn;
  return end === undefined || view.status !== 'completed' ? view : { ...view, tookMs: end - startedOn };
}

function statusOfChildren(status: StepStatus, pictures: PictureLook[]): Partial<StepView> {
  if (pictures.length === 0) return {};
  const children = pictures.map(({ state }, at) => ({ name: `${WIDTHS[at]} px`, state }));
  if (children.some(({ state }) => state === 'failed')) return { status: 'failed', children };
  return { status: children.every(({ state }) => state === 'completed') ? status : 'running', children };
}
