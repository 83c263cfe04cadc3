import { readCancelNotice } from '../job/wire.generated.js';
import type { Runtime } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import type { EventStreamReader, StreamEntry, StreamReader } from '../redis/event-stream-reader.js';

/** Notices of an hour are kept, 1000 at most. What does not concern a worker any more means nothing to it, so it reads them all. */
const FROM_THE_START = '0-0';
/** Cancelled runs that are kept in mind: a job may be on its way here still. */
const MOST_KEPT = 1000;

export interface NoticeHooks {
  /** A limit was changed: look again for jobs. */
  limits: () => void;
  /** A run was cancelled; how, as it is stored. */
  cancelled: (id: string, token: string, how: string) => void;
}

/**
 * Reads what a queue's scripts have to say to all workers at once, also to those that have no room for jobs: see
 * lua/shared/notify-workers.lua. A notice that was missed costs time, never a job.
 */
export class Notices extends Service implements StreamReader {
  private line: EventStreamReader | undefined;
  private readonly cancelled = new Map<string, string>();

  constructor(
    runtime: Runtime,
    private readonly key: string,
    private readonly open: () => EventStreamReader,
    private readonly hooks: NoticeHooks,
  ) {
    super(runtime);
  }

  protected override onStart(): void {
    this.line = this.open();
    this.line.join(this.key, FROM_THE_START, this);
  }

  protected onStop(): void {
    this.line?.leave(this.key, this);
    this.line = undefined;
  }

  /** How a run was cancelled that begins only now. */
  cancelledBefore(id: string, token: string): string | undefined {
    return this.cancelled.size > 0 ? this.cancelled.get(`${id}\t${token}`) : undefined;
  }

  entries(entries: StreamEntry[]): void {
    let isChanged = false;
    for (const [, [subject, text = '']] of entries) {
      if (subject === 'limits') {
        isChanged = true;
      } else if (subject === 'cancel') {
        this.noteCancelled(text);
      }
    }
    if (isChanged) {
      this.hooks.limits();
    }
  }

  restarted(): void {
    this.line?.join(this.key, FROM_THE_START, this);
  }

  quiet(): void {}

  private noteCancelled(text: string): void {
    const notice = readCancelNotice(text);
    if (!notice) {
      return;
    }
    const { id, token, how } = notice;
    this.cancelled.set(`${id}\t${token}`, how);
    if (this.cancelled.size > MOST_KEPT) {
      const [oldest] = this.cancelled.keys();
      this.cancelled.delete(oldest as string);
    }
    this.hooks.cancelled(id, token, how);
  }
}
