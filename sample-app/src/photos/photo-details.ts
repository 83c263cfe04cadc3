import type { Job, JobState, JobStep } from 'stepwell';
import type { PhotoData, PhotoResult } from './photo.js';

/** What is to be known of a photo's job, for who wants to know why. */
export interface PhotoDetails {
  id: string;
  queue: string;
  title: string;
  state: JobState;
  addedAt: number;
  /** Absent while no worker has had it. */
  worker?: string;
  attemptsStarted: number;
  stalls: number;
  /** The oldest first, of the photo and of its pictures. */
  timeline: Moment[];
  /** What the photo's job and its pictures' jobs wrote. */
  logs: { job: string; lines: string[] }[];
  /** Stacks of failed attempts, the oldest first. */
  stacks: { job: string; attempt: number; stack: string }[];
}

export interface Moment {
  /** Milliseconds since 1970. */
  at: number;
  /** What it happened to: a step, a picture or the job. */
  what: string;
  words: string;
  isBad?: true;
}

/** A job and what it wrote. */
interface Logged {
  job: Job;
  logs: string[];
}

/** What details are made of. */
export interface DetailsLook {
  state: JobState;
  steps: JobStep[];
  photo: { job: Job<PhotoData, PhotoResult>; logs: string[] };
  pictures: Logged[];
}

export function detailsOf({ state, steps, photo, pictures }: DetailsLook): PhotoDetails {
  const { job } = photo;
  const all: Logged[] = [photo, ...pictures];
  return {
    id: job.id,
    queue: job.queueName,
    title: job.data.title,
    state,
    addedAt: job.timestamp,
    ...(job.processedBy === undefined ? {} : { worker: job.processedBy }),
    attemptsStarted: job.attemptsStarted,
    stalls: job.stalledCounter,
    timeline: [
      { at: job.timestamp, what: 'job', words: 'added' },
      ...steps.flatMap(momentsOfStep),
      ...pictures.flatMap(({ job: picture }) => momentsOfJob(picture)),
      ...endOf(job, 'job'),
    ].toSorted((a, b) => a.at - b.at),
    logs: all
      .filter(({ logs }) => logs.length > 0)
      .map(({ job: { id }, logs }) => ({ job: id, lines: logs })),
    stacks: all.flatMap(({ job: { id, stacktrace } }) =>
      stacktrace.map((stack, at) => ({ job: id, attempt: at + 1, stack })),
    ),
  };
}

function momentsOfStep({ name, status, attempts, startedOn, finishedOn, failedReason }: JobStep): Moment[] {
  const started: Moment = {
    at: startedOn,
    what: name,
    words: attempts > 1 ? `started, attempt ${attempts}` : 'started',
  };
  const reason = failedReason === undefined ? '' : `: ${failedReason}`;
  if (status === 'retrying')
    return [started, { at: startedOn, what: name, words: `failed${reason}`, isBad: true }];
  if (finishedOn === undefined) return [started];
  const ended: Moment = {
    at: finishedOn,
    what: name,
    words: status === 'failed' ? `failed${reason}` : status,
  };
  return [started, status === 'failed' ? { ...ended, isBad: true } : ended];
}

function momentsOfJob(job: Job): Moment[] {
  const what = `${job.id.split('-').at(-1)} px`;
  const { processedOn } = job;
  const started = typeof processedOn === 'number' ? [{ at: processedOn, what, words: 'started' }] : [];
  return [...started, ...endOf(job, what)];
}

function endOf({ finishedOn, failedReason }: Job, what: string): Moment[] {
  if (typeof finishedOn !== 'number') return [];
  return typeof failedReason !== 'string'
    ? [{ at: finishedOn, what, words: 'completed' }]
    : [{ at: finishedOn, what, words: `failed: ${failedReason}`, isBad: true }];
}
