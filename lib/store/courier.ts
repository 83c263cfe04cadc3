import type { Runtime, Timer } from '../runtime/runtime.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { readOutbox, receive } from '../redis/scripts.generated.js';

/** For which no other process delivers; one that dies is followed by another after this time. */
const LEASE_MS = 1000;
/** Calls of Redis that the messages of a page may take about, so that no script runs for long. */
const PAGE_WEIGHT = 1500;
const PAGE_BYTES = 512 * 1024;
const SEPARATOR = '\x1f';
const RETRY_MS = 1000;
/** How often to look while somebody waits for what another process delivers. */
const LOOK_MS = 15;

/** What a courier needs of the post office of its process. */
export interface CourierOffice {
  /** Names this process. */
  readonly holder: string;
  readonly runtime: Runtime;
  readonly isClosed: boolean;
  runner(base: string): ScriptRunner;
  /** A queue's outbox holds something, which somebody has taken on to deliver for so many milliseconds. */
  nudge(base: string, undeliveredMs: number): void;
  failed(error: unknown): void;
  /** Takes leave of a courier that has nothing to do and remembers nothing that matters. */
  rested(base: string, courier: Courier): void;
  /** Makes a call that may be repeated, until it is answered or the office closes. */
  call(run: () => Promise<unknown>): Promise<unknown>;
}

interface Message {
  number: string;
  flag: string;
  target: string;
  text: string;
}

interface Waiter {
  number: number;
  resolve: () => void;
}

/**
 * Delivers the outbox of one queue, page by page, as long as it holds something and no other process is at it. Whatever
 * is delivered twice changes nothing, so a call whose answer was lost is sent again, and a process that was too slow does no harm.
 */
export class Courier {
  private running: Promise<void> | undefined;
  private again = false;
  private timer: Timer | undefined;
  private reached = 0;
  private waiters: Waiter[] = [];

  constructor(
    private readonly office: CourierOffice,
    private readonly source: string,
  ) {}

  /** @param undeliveredMs for how long another process has taken it on, 0 when none has */
  nudge(undeliveredMs: number): void {
    if (this.running) {
      this.again = true;
    } else if (undeliveredMs > 0) {
      this.lookIn(undeliveredMs + 1);
    } else {
      this.start();
    }
  }

  /** Delivers what is there now. */
  async look(): Promise<void> {
    this.nudge(0);
    // A delivery under way may have found the outbox empty a moment ago: the one after it has not.
    await this.running;
    await this.running;
  }

  /** Resolves once the message with that number has been received, whoever delivers it. */
  delivered(number: number): Promise<void> {
    if (this.reached >= number || this.office.isClosed) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.waiters.push({ number, resolve });
      this.nudge(0);
    });
  }

  /** How far delivery has come, to see whether it goes on. */
  get progress(): number {
    return this.reached;
  }

  /** Resolves when nothing is being delivered here. */
  async idle(): Promise<void> {
    while (this.running) {
      await this.running;
    }
  }

  close(): void {
    this.timer?.cancel();
    this.waiters.splice(0).forEach(({ resolve }) => resolve());
  }

  private start(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.office.isClosed) {
      return;
    }
    this.again = false;
    this.running = this.deliver()
      .catch((error: unknown) => {
        if (!this.office.isClosed) {
          this.office.failed(error);
          this.lookIn(RETRY_MS);
        }
      })
      .finally(() => {
        this.running = undefined;
        if (this.again) {
          this.start();
        } else if (!this.timer && this.waiters.length === 0) {
          this.office.rested(this.source, this);
        }
      });
  }

  private lookIn(ms: number): void {
    this.timer?.cancel();
    if (!this.office.isClosed) {
      const soonMs = this.waiters.length > 0 ? Math.min(ms, LOOK_MS) : ms;
      this.timer = this.office.runtime.setTimer(() => this.nudge(0), soonMs, { background: true });
    }
  }

  private async deliver(): Promise<void> {
    const runner = this.office.runner(this.source);
    const { holder } = this.office;
    for (let done = 0; ;) {
      const reply = (await this.office.call(() =>
        runner.run(readOutbox, [0, holder, LEASE_MS, done, PAGE_WEIGHT, PAGE_BYTES]),
      )) as [string, string, ...unknown[]];
      const [word, reached, ...rest] = reply;
      this.reach(Number(reached));
      if (word === 'empty') {
        return;
      }
      if (word === 'busy') {
        this.lookIn(Number(rest[0]) + 1);
        return;
      }
      const page = readPage(rest as string[]);
      for (const together of cut(page)) {
        await this.send(together);
      }
      done = Number(page.at(-1)?.number ?? 0);
    }
  }

  /** One call for each target, side by side: they do not wait for each other. */
  private async send(messages: Message[]): Promise<void> {
    await Promise.all(
      [...groupByTarget(messages)].map(async ([target, own]) => {
        const rest = own.flatMap(({ number, text }) => [number, text]);
        const runner = this.office.runner(target);
        const left = Number(await this.office.call(() => runner.run(receive, [0, this.source], rest)));
        if (left >= 0) {
          this.office.nudge(target, left);
        }
      }),
    );
  }

  private reach(number: number): void {
    this.reached = Math.max(this.reached, number);
    const waiters = this.waiters;
    this.waiters = waiters.filter((waiter) => waiter.number > this.reached);
    waiters.filter((waiter) => waiter.number <= this.reached).forEach(({ resolve }) => resolve());
  }
}

function readPage(flat: readonly string[]): Message[] {
  const page: Message[] = [];
  for (let i = 0; i < flat.length; i += 3) {
    const [number, flag, message] = flat.slice(i, i + 3) as [string, string, string];
    const at = message.indexOf(SEPARATOR);
    page.push({ number, flag, target: message.slice(0, at), text: message.slice(at + 1) });
  }
  return page;
}

/** A message with the flag `w` is not sent before all ahead of it have been received. */
function cut(page: readonly Message[]): Message[][] {
  const parts: Message[][] = [];
  for (const message of page) {
    if (parts.length === 0 || message.flag === 'w') {
      parts.push([]);
    }
    parts.at(-1)!.push(message);
  }
  return parts;
}

function groupByTarget(messages: readonly Message[]): Map<string, Message[]> {
  const groups = new Map<string, Message[]>();
  for (const message of messages) {
    const group = groups.get(message.target);
    if (group) {
      group.push(message);
    } else {
      groups.set(message.target, [message]);
    }
  }
  return groups;
}
