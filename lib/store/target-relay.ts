import {
  type Brought,
  decodeReceiveReply,
  encodeReceive,
  type ReadOutboxReport,
  type ReceiveReply,
} from '../job/wire.generated.js';
import { isBroken, isPassing } from '../redis/redis-failure.js';
import { receive } from '../redis/scripts.generated.js';
import { Call } from './call.js';
import type { RelayHost } from './relay-host.js';
import { isFence, type OutboxElement, type OutboxLine } from './outbox-page.js';

/** For which what was received is kept: longer than a replica may be behind its master. */
const KEEP_MS = 5000;
/** For which a target is tried that is failing over or out of reach; after that it is come back to. */
const PATIENCE_MS = 2000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** What one call may take, about: in calls of Redis there, and in bytes. */
const CALL_WEIGHT = 1500;
const CALL_BYTES = 512 * 1024;

/** For which what is brought goes the way of all that is in the outbox, once others have posted between: that gathers theirs too. */
const SHARED_MS = 1000;

/** What names an element. */
type Stamp = Pick<OutboxElement, 'number' | 'era'>;
/** Learns whether what was brought has been received; where it has not, it is in the outbox. */
export type Delivered = (isReceived: boolean) => void;
/** Number and era of the last message that a target has taken, and of the last one of the era before. */
type Taken = Omit<ReceiveReply, 'lookInMs' | 'laidAside'>;

/** What one process delivers to one target: its messages in order, whatever becomes of those to others. */
export class TargetRelay {
  /** Deliver what is kept once more. */
  again = false;
  private busy = false;
  private received: Stamp | undefined;
  /** Posted by calls of this process, which brought it along; in the order of the outbox. */
  private brought: { element: Brought; delivered: Delivered | undefined }[] = [];
  private passed: string[] = [];
  private durable = '0';
  private kept: { number: string; era: string; since: number } | undefined;
  /** Number of the last element that was brought. */
  private lastBrought = '0';
  private isBehind = false;
  private sharedUntil = 0;
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

  /** Whether other processes post to that target too, and faster than each can deliver by itself. */
  get isShared(): boolean {
    return this.host.runtime.monotonicMs() < this.sharedUntil;
  }

  /** Whether there is something to deliver that calls have brought. */
  get hasBrought(): boolean {
    return this.brought.length > 0;
  }

  /** Whether the outbox is to be looked at as soon as what is on its way has been received: others wait for it, or for what is behind it. */
  get isWanted(): boolean {
    return this.isBehind || this.passed.length > 0;
  }

  /** Whether the outbox does not know yet what was received. */
  get hasNews(): boolean {
    return this.received !== undefined;
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
    this.giveUp();
  }

  /** To be delivered when nothing else is on its way there. */
  bring(element: Brought, delivered?: Delivered): void {
    this.brought.push({ element, delivered });
    this.lastBrought = element.number;
  }

  /** Leaves what was brought to who reads the outbox. */
  giveUp(): void {
    for (const { delivered } of this.brought.splice(0)) {
      delivered?.(false);
    }
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
  noted({ kept, number, era, left, newest }: OutboxLine): void {
    this.isBehind = left > 0 && Number(newest) > Number(this.lastBrought);
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
    this.took(given);
    this.settleBrought(last);
    return true;
  }

  /**
   * Delivers what calls have brought, as far as each follows the one before. The target takes nothing where it lacks what is ahead of
   * them: then they are delivered by who reads the outbox.
   */
  async deliverBrought(isSame: () => boolean): Promise<boolean> {
    const sent = this.nextBrought();
    const given = sent.map(({ element }) => element);
    const { after: number, afterEra: era } = given[0]!;
    const taken = await this.send(given, { number, era });
    const isReceived = taken !== undefined && isSame() && hasTaken(taken, given.at(-1)!);
    if (isReceived) {
      this.took(given);
    } else if (taken && isSame()) {
      this.sharedUntil = this.host.runtime.monotonicMs() + SHARED_MS;
      // What is ahead has come as far as this, so it is not delivered again.
      this.received = taken.era === given[0]!.era ? taken : this.received;
    }
    for (const { delivered } of sent) {
      delivered?.(isReceived);
    }
    if (!isReceived) {
      this.giveUp();
    }
    return isReceived;
  }

  private nextBrought(): { element: Brought; delivered: Delivered | undefined }[] {
    const { brought } = this;
    let count = 0;
    let weight = 0;
    let bytes = 0;
    for (; count < brought.length; count += 1) {
      const { element } = brought[count]!;
      const before = brought[count - 1]?.element;
      weight += Number(element.weight);
      bytes += element.text.length;
      const follows = before?.number === element.after && before.era === element.afterEra;
      if (before && (!follows || weight > CALL_WEIGHT || bytes > CALL_BYTES)) {
        break;
      }
    }
    return brought.splice(0, count);
  }

  /** Of what was brought, that has been received with what was read. */
  private settleBrought({ number, era }: Stamp): void {
    this.brought = this.brought.filter(({ element, delivered }) => {
      const isReceived = element.era === era && Number(element.number) <= Number(number);
      if (isReceived) delivered?.(true);
      return !isReceived;
    });
  }

  private took(given: readonly OutboxElement[]): void {
    this.received = given.at(-1);
    for (const element of given) {
      if (isFence(element)) this.passed.push(element.number);
    }
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
  private async send(elements: readonly OutboxElement[], after: Stamp): Promise<Taken | undefined> {
    this.busy = true;
    const rest = encodeReceive(elements.map(({ number, era, text }) => [number, era, text]));
    const args = [this.host.runtime.scriptTime(), this.source, this.target, after.number, after.era] as const;
    const runner = this.host.runner(this.target);
    const call = new Call(runner, () => runner.run(receive, args, rest));
    const patience = this.host.runtime.setTimer(() => call.abandon(), PATIENCE_MS, { background: true });
    try {
      const { lookInMs, laidAside, ...taken } = decodeReceiveReply(await call.reply());
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
    // An outage is reported by the connection.
    if (!isPassing(error) && !isBroken(error)) {
      this.host.failed(error);
    }
  }
}

function hasTaken({ number, era, earlier, earlierEra }: Taken, message: Stamp): boolean {
  const last = message.era === era ? number : message.era === earlierEra ? earlier : '0';
  return Number(last) >= Number(message.number);
}
