import {
  decodeReceiveReply,
  encodeReceive,
  isMessage,
  type ReadOutboxReport,
  type ReceiveReply,
} from '../job/wire.generated.js';
import { isBroken, isPassing } from '../redis/redis-failure.js';
import { receive } from '../redis/scripts.generated.js';
import { Call } from './call.js';
import type { RelayHost } from './relay-host.js';
import type { OutboxLine, OutboxMessage } from './outbox-page.js';

/** For which what was received is kept: longer than a replica may be behind its master. */
const KEEP_MS = 5000;
/** For which a target is tried that is failing over or out of reach; after that it is come back to. */
const PATIENCE_MS = 2000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** What names a message. */
type Stamp = Pick<OutboxMessage, 'number' | 'era'>;
/** Number and era of the last message that a target has taken, and of the last one of the era before. */
type Taken = Omit<ReceiveReply, 'lookInMs' | 'laidAside'>;

/** What one process delivers to one target: its messages in order, whatever becomes of those to others. */
export class TargetRelay {
  /** Deliver what is kept once more. */
  again = false;
  private busy = false;
  private received: OutboxMessage | undefined;
  private passed: string[] = [];
  private durable = '0';
  private kept: { number: string; era: string; since: number } | undefined;
  private pauseMs = 0;
  private pausedUntil = 0;

  constructor(
    private readonly host: RelayHost,
    private readonly source: string,
    private readonly target: string,
  ) {}

  get isBusy(): boolean {
    return this.busy;
  }

  /** Whether the target refuses, or cannot be reached: what there is for it is tried again later. */
  get isPaused(): boolean {
    return this.host.runtime.monotonicMs() < this.pausedUntil;
  }

  /** When this round wants to go on, as `runtime.monotonicMs()` counts. */
  get wants(): number {
    const keepUntil = this.kept && !this.busy ? this.kept.since + KEEP_MS : Infinity;
    return Math.min(this.isPaused ? this.pausedUntil : Infinity, keepUntil);
  }

  /** Nothing that was known holds any more: the server has another past. */
  forget(): void {
    this.received = this.kept = undefined;
    this.passed = [];
    this.durable = '0';
  }

  /** What to say to read-outbox, which then is said. */
  report(): { parts: ReadOutboxReport; said: () => void } {
    const { received, durable, again } = this;
    // More may be passed while this is said.
    const passed = [...this.passed];
    const flag = this.busy || this.isPaused ? 'busy' : again ? 'again' : '';
    const said = (): void => {
      this.received = this.received === received ? undefined : this.received;
      this.durable = this.durable === durable ? '0' : this.durable;
      this.passed = this.passed.slice(passed.length);
      if (flag === 'again') {
        this.again = false;
        this.kept = undefined;
      }
    };
    return { parts: [this.target, received?.number ?? '0', durable, passed.join(','), flag], said };
  }

  /** Takes note of what is kept. */
  noted({ kept, number, era }: OutboxLine): void {
    if (kept === 0) {
      this.kept = undefined;
    } else {
      this.kept ??= { number, era, since: this.host.runtime.monotonicMs() };
    }
  }

  /** Whether it is time to see that what was received has stayed so. */
  get isDue(): boolean {
    return (
      !this.busy &&
      !this.isPaused &&
      this.kept !== undefined &&
      this.host.runtime.monotonicMs() >= this.kept.since + KEEP_MS
    );
  }

  /** Delivers what is given. `isSame` says afterwards whether the source's history still is the one it was read in. */
  async deliver(line: OutboxLine, isSame: () => boolean): Promise<boolean> {
    const { given } = line;
    const last = given.at(-1)!;
    const taken = await this.send(given, line);
    if (!taken || !isSame()) {
      return false;
    }
    if (!hasTaken(taken, last)) {
      // It lacks some that came before.
      this.again = true;
      return false;
    }
    this.received = last;
    this.passed.push(...given.filter(({ text }) => isMessage(text, 'fence')).map(({ number }) => number));
    return true;
  }

  /** Asks the target what it has, and drops or repeats what is kept. */
  async confirm(isSame: () => boolean): Promise<void> {
    const kept = this.kept!;
    const taken = await this.send([], kept);
    if (!taken || !isSame()) {
      return;
    }
    this.kept = undefined;
    if (hasTaken(taken, kept)) {
      this.durable = kept.number;
    } else {
      this.again = true;
    }
  }

  /** Returns what the target has, nothing when the call failed. */
  private async send(messages: readonly OutboxMessage[], after: Stamp): Promise<Taken | undefined> {
    this.busy = true;
    const rest = encodeReceive(messages.map(({ number, era, text }) => [number, era, text]));
    const args = [this.host.runtime.scriptTime(), this.source, this.target, after.number, after.era] as const;
    const runner = this.host.runner(this.target);
    const call = new Call(runner, () => runner.run(receive, args, rest));
    const patience = this.host.runtime.setTimer(() => call.abandon(), PATIENCE_MS, { background: true });
    try {
      const { lookInMs, laidAside, ...taken } = decodeReceiveReply(await call.answer());
      this.host.laidAside(this.target, laidAside);
      if (lookInMs >= 0 && this.target !== this.source) {
        this.host.nudge(this.target, lookInMs);
      }
      this.pauseMs = this.pausedUntil = 0;
      return taken;
    } catch (error) {
      this.pause(error);
      return undefined;
    } finally {
      patience.cancel();
      this.busy = false;
    }
  }

  private pause(error: unknown): void {
    this.pauseMs = Math.min(Math.max(this.pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    this.pausedUntil = this.host.runtime.monotonicMs() + this.pauseMs;
    // An outage is told by the connection.
    if (!isPassing(error) && !isBroken(error)) {
      this.host.failed(error);
    }
  }
}

function hasTaken({ number, era, earlier, earlierEra }: Taken, message: Stamp): boolean {
  const last = message.era === era ? number : message.era === earlierEra ? earlier : '0';
  return Number(last) >= Number(message.number);
}
