/** Queue of what the app does by itself. */
export const UPKEEP = 'upkeep';

/** What there is, as the report of every minute has it. */
export interface Report {
  photos: number;
  files: number;
  bytes: number;
}

/** A schedule as the page shows it. */
export interface ScheduleView {
  name: string;
  /** When it runs next, ms since 1970. */
  next: number;
  /** What the last run came to, undefined before the first. */
  last?: { at: number; words: string };
}
