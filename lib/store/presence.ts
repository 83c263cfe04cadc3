import type { Timer } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import type { Connection } from '../redis/connection.js';
import type { QueueKeys } from '../redis/queue-keys.js';
import { notePresent } from '../redis/scripts.generated.js';
import { ScriptRunner } from '../redis/script-runner.js';

const NOTED_EVERY_MS = 30_000;
/** Who has not been noted for so long is gone. */
export const PRESENT_MS = 90_000;
const LAST_NOTE_MS = 500;
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** Whoever is noted, as it is known to others. */
export interface Who {
  kind: 'worker' | 'events';
  id: string;
  /** The name that a user gave it, '' for none. */
  name: string;
  host: string;
  pid: number;
  /** ms since 1970, by the clock of its process. */
  since: number;
}

export function whoText({ kind, id, host, pid, since, name }: Who): string {
  return [kind, id, host, pid, since, name].join('\t');
}

/** Undefined for what is no such text. */
export function readWho(text: string): Who | undefined {
  const [kind, id, host, pid, since, ...name] = text.split('\t');
  return (kind === 'worker' || kind === 'events') && since !== undefined
    ? { kind, id: id!, host: host!, pid: Number(pid), since: Number(since), name: name.join('\t') }
    : undefined;
}

/**
 * Lets others know that a worker, or a reader of events, is there. It is for people who look, so that nothing fails or waits
 * for it: a note that does not get through is made again with the next one.
 */
export class Presence extends Service {
  protected override readonly stopWithinMs = LAST_NOTE_MS;
  private readonly runner: ScriptRunner;
  private timer: Timer | undefined;
  private noting: Promise<unknown> | undefined;

  constructor(
    private readonly connection: Connection,
    keys: QueueKeys,
    private readonly who: Who,
  ) {
    super(connection.runtime);
    this.runner = new ScriptRunner(connection.client, keys, this.runtime);
  }

  protected override onStart(): void {
    this.connection.on('ready', this.note);
    this.note();
  }

  protected onStop(): Promise<unknown> | undefined {
    const wasThere = this.timer !== undefined;
    this.timer?.cancel();
    this.connection.off('ready', this.note);
    return wasThere && this.connection.client.status === 'ready'
      ? Promise.all([this.noting, this.write(0)])
      : undefined;
  }

  private readonly note = (): void => {
    this.timer?.cancel();
    this.timer = this.runtime.setTimer(this.note, NOTED_EVERY_MS, { upkeep: true, background: true });
    if (this.connection.client.status === 'ready') {
      this.noting = this.write(PRESENT_MS);
    }
  };

  private write(ttlMs: number): Promise<unknown> {
    return this.runner.run(notePresent, [REDIS_TIME, whoText(this.who), ttlMs]).catch(() => undefined);
  }
}
