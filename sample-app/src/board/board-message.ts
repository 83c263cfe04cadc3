import type { PhotoView } from '../photos/photo-view.js';
import type { Counts, RedisState } from '../redis/redis-watch.js';

/**
 * What a browser is told: `status` when it connects and when that changes, `snapshot` as soon as Redis answers and after
 * each outage, then `changes` as they come and a `tick` every second.
 */
export type BoardMessage =
  | { type: 'status'; data: { redis: RedisState } }
  | { type: 'snapshot'; data: Snapshot }
  | { type: 'changes'; data: Changes }
  | { type: 'tick'; data: Tick };

export interface Snapshot {
  photos: PhotoView[];
  /** The seconds before now, the oldest first. */
  ticks: Tick[];
  counts: Counts;
}

export interface Changes {
  events: Happening[];
  /** The photos that the events are about, as they are now. */
  photos: PhotoView[];
  /** Ids of photos that are there no more. */
  gone: string[];
}

/** An event of a queue, as the activity list shows it. */
export interface Happening {
  id: string;
  queue: string;
  event: string;
  at: number;
  photoId?: string;
  /** What happened to it. */
  words: string;
}

/** What one second held. */
export interface Tick {
  at: number;
  completed: number;
  failed: number;
  /** Milliseconds that jobs waited for a worker: the middle one, and the one that 95 of 100 stay below. */
  waitMs?: { p50: number; p95: number };
  /** Jobs by queue and state; the last known where Redis does not answer. */
  counts: Counts;
}
