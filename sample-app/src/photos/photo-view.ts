import type { Job, JobState, JobStep, StepStatus } from 'stepwell';
import { STEPS, WIDTHS, type Inspection, type PhotoData, type PhotoResult, type Picture } from './photo.js';

/** A step of a photo's job as HTTP shows it. */
export interface StepView {
  name: string;
  status: 'pending' | StepStatus;
  /** How often it was tried. */
  attempts: number;
  tookMs?: number;
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
  approvedBy?: string;
  error?: string;
  /** How often the same photo came again while this job was unfinished; no second job was made. */
  duplicates: number;
  /** Only in the answer to an upload: this is the job that there was already. */
  isDuplicate?: true;
}

/** What is known of a picture's job. */
export interface PictureLook {
  state: JobState | 'unknown';
  picture?: Picture;
  error?: string;
}

/** What a view is made of. */
export interface PhotoLook {
  job: Job<PhotoData, PhotoResult>;
  state: JobState;
  steps: JobStep[];
  /** In the order of `WIDTHS`; empty while there are none. */
  pictures: PictureLook[];
  duplicates: number;
}

export function viewOf({ job, state, steps, pictures, duplicates }: PhotoLook): PhotoView {
  const resultOf = (name: string): unknown => steps.find((step) => step.name === name)?.result;
  const made = (resultOf('collect') ?? pictures.flatMap(({ picture }) => picture ?? [])) as Picture[];
  const inspection = resultOf('inspect') as Inspection | undefined;
  const error = state === 'failed' ? errorOf(job, pictures) : undefined;
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
    ...(state === 'completed' ? { approvedBy: job.returnvalue?.approvedBy ?? '' } : {}),
    ...(error === undefined ? {} : { error }),
    duplicates,
  };
}

/** That a picture failed says less than why it did. */
function errorOf({ failedReason }: Job, pictures: PictureLook[]): string | undefined {
  return pictures.find(({ error }) => error !== undefined)?.error ?? failedReason ?? undefined;
}

function stepView(name: string, steps: JobStep[], pictures: PictureLook[]): StepView {
  const step = steps.find((known) => known.name === name);
  if (!step) return { name, status: 'pending', attempts: 0 };
  const { status, attempts, startedOn, finishedOn } = step;
  const view: StepView = { name, status, attempts };
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
