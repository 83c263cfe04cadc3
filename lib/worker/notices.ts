import type { EventLine, StreamEntry, StreamReader } from '../redis/event-line.js';

/** Notices of an hour are kept, 1000 at most. What does not concern a worker any more means nothing to it, so it reads them all. */
const FROM_THE_START = '0-0';

export interface NoticeHooks {
  /** A limit was changed: look again for jobs. */
  limits: () => void;
}

/**
 * Reads what a queue's scripts have to say to all workers at once, also to those that have no room for jobs: see
 * lua/shared/notify-workers.lua. A notice that was missed costs time, never a job.
 */
export class Notices implements StreamReader {
  private line: EventLine | undefined;

  constructor(
    private readonly key: string,
    private readonly open: () => EventLine,
    private readonly hooks: NoticeHooks,
  ) {}

  start(): void {
    this.line ??= this.open();
    this.line.join(this.key, FROM_THE_START, this);
  }

  stop(): void {
    this.line?.leave(this.key, this);
    this.line = undefined;
  }

  entries(entries: StreamEntry[]): void {
    const subjects = new Set(entries.map(([, [subject]]) => subject));
    if (subjects.has('limits')) {
      this.hooks.limits();
    }
  }

  restarted(): void {
    this.line?.join(this.key, FROM_THE_START, this);
  }

  quiet(): void {}
}
