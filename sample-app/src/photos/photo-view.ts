import type { Job, JobState } from 'stepwell';
import type { Inspection, PhotoData, PhotoProgress, PhotoResult } from './photo.js';

export interface StepView {
  name: string;
  status: 'pending' | 'running' | 'retrying' | 'completed' | 'failed';
  attempts: number;
  tookMs?: number;
}

/** A photo's job as HTTP shows it. */
export interface PhotoView {
  id: string;
  title: string;
  state: JobState;
  addedAt: string;
  progress: { done: number; of: number };
  /** All steps in their order, also those still to come. */
  steps: StepView[];
  inspection?: Inspection;
  pictures: { width: number; height: number; bytes: number; url: string }[];
  attempts: { made: number; of: number };
  /** Milliseconds from the start of the last attempt to its end. */
  tookMs?: number;
  error?: string;
  /** How often the same photo came again while this job was unfinished; no second job was made. */
  duplicates: number;
  /** Only in the answer to an upload: this is the job that there was already. */
  isDuplicate?: true;
}

export function viewOf(job: Job<PhotoData, PhotoResult>, state: JobState, duplicates = 0): PhotoView {
  const progress = job.progress as PhotoProgress | 0;
  const { done, of, inspection, pictures } = progress === 0 ? { done: 0, of: 1, pictures: [] } : progress;
  const { processedOn, finishedOn, failedReason } = job;
  return {
    id: job.id,
    title: job.data.title,
    state,
    addedAt: new Date(job.timestamp).toISOString(),
    progress: { done, of },
    steps: stepsOf(done, state),
    ...(inspection ? { inspection } : {}),
    pictures: pictures.map((picture) => ({
      ...picture,
      // The time is there for the browser's cache: a later job may have the same id.
      url: `/photos/${encodeURIComponent(job.id)}/pictures/${picture.width}?added=${job.timestamp}`,
    })),
    duplicates,
    attempts: { made: job.attemptsMade, of: job.opts.attempts ?? 1 },
    ...(processedOn !== undefined && finishedOn !== undefined ? { tookMs: finishedOn - processedOn } : {}),
    ...(failedReason !== undefined && state !== 'completed' ? { error: failedReason } : {}),
  };
}

const STEPS = ['inspect', 'small', 'medium', 'large'];

function stepsOf(done: number, state: JobState): StepView[] {
  const current = state === 'failed' ? 'failed' : state === 'active' ? 'running' : 'pending';
  return STEPS.map((name, at) => ({
    name,
    status: at < done ? 'completed' : at === done ? current : 'pending',
    attempts: at <= done ? 1 : 0,
  }));
}
