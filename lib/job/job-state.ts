/** Where a job is. It is in exactly one state at every moment. */
export type JobState =
  'waiting' | 'prioritized' | 'delayed' | 'active' | 'waiting-children' | 'completed' | 'failed';

/** States whose jobs can be listed and counted; `wait` is another name of `waiting`. */
export type JobType = JobState | 'wait' | 'paused';

/** A job that has run to its end. */
export type FinishedState = 'completed' | 'failed';

export const LISTED_STATES = [
  'waiting',
  'prioritized',
  'delayed',
  'active',
  'completed',
  'failed',
  'waiting-children',
] as const;

export type ListedState = (typeof LISTED_STATES)[number];
