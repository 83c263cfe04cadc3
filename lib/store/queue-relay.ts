import { type Brought, encodeReadOutbox } from '../job/wire.generated.js';
import type { Timer } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import { readOutbox } from '../redis/scripts.generated.js';
import type { RelayHost } from './relay-host.js';
import { type Delivered, TargetRelay } from './target-relay.js';
import { type OutboxPage, pastOf, readPage } from './outbox-page.js';

/** For which no other process delivers what one was given; one that dies is followed by another after this time. */
const LEASE_MS = 1000;
/** Calls of Redis that the messages of a page may take about, so that no script runs for long. */
const PAGE_WEIGHT = 1500;
const PAGE_BYTES = 512 * 1024;
const RETRY_MS = 1000;
/** In which the outbox learns what was received where nobody waits for that. */
const NOTE_MS = 30;
/** How often to look while somebody waits for what another process delivers. */
const LOOK_MS = 15;

/** What somebody waits for. */
export interface Awaited {
  /** Only what is for these; all when left out. */
  targets?: ReadonlySet<string>;
  /** A flow of several levels, which is posted part by part. */
  flow?: string;
}

interface Waiter extends Awaited {
  /** Number of the last message that has to be received, as soon as that is known. */
  upTo?: number;
  resolve: (delivered: boolean) => void;
}

/**
 * Delivers the outbox of one queue, the messages to each target by themselves. Whatever is delivered twice changes nothing, so
 * a call whose reply was lost is sent again, and a process that was too slow does no harm. What was received is kept
 * for some seconds and looked after, since a failover of the target may lose it.
 */
export class QueueRelay extends Service {
  private looking: Promise<void> | undefined;
  private again = false;
  private readonly sending = new Set<Promise<void>>();
  private readonly rounds = new Map<string, TargetRelay>();
  private timer: Timer | undefined;
  private timerAt = Infinity;
  private history = '';
  private turn = 0;
  private steps = 0;
  private marks = '';
  private waiters: Waiter[] = [];

  constructor(
    private readonly host: RelayHost,
    private readonly source: string,
  ) {
    super(host.runtime);
  }

  /** @param lookInMs 0 for now; nobody is waited for longer than a delivery may take */
  nudge(lookInMs: number): void {
    if (lookInMs > 0) {
      this.lookIn(Math.min(lookInMs, LEASE_MS));
    } else if (this.looking) {
      this.again = true;
    } else {
      this.look();
    }
  }

  /**
   * Resolves with true once everything that is posted by now has been received, whoever delivers it; with false when that
   * can't be now, as its target refuses or is out of reach. It is delivered later then.
   */
  delivered(awaited: Awaited = {}): Promise<boolean> {
    if (this.isStopped) {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      this.waiters.push({ ...awaited, resolve });
      this.nudge(0);
    });
  }

  /**
   * Delivers what a call of this process has posted, and brought along. Where that cannot be, for others deliver what is ahead of it,
   * it is delivered as all that is in the outbox.
   */
  bring(element: Brought, delivered?: Delivered): void {
    if (this.isStopped) {
      delivered?.(false);
      return;
    }
    this.enter(pastOf(element));
    const round = this.round(element.target);
    round.bring(element, delivered);
    this.deliverBrought(round);
  }

  /** Counts on as long as messages are received, here or elsewhere. */
  get progress(): number {
    return this.steps;
  }

  /** The connection was lost, and maybe what was last received with it: what is kept goes once more. */
  repeat(): void {
    for (const round of this.rounds.values()) {
      round.again = true;
    }
    this.nudge(0);
  }

  /** Resolves when nothing is being delivered here. */
  async idle(): Promise<void> {
    await this.untilIdle();
    if ([...this.rounds.values()].some(({ hasNews }) => hasNews)) {
      this.nudge(0);
      await this.untilIdle();
    }
  }

  private async untilIdle(): Promise<void> {
    while (!this.isIdle) {
      await Promise.all([this.looking, ...this.sending]);
    }
  }

  get isIdle(): boolean {
    return this.looking === undefined && this.sending.size === 0;
  }

  protected onStop(): void {
    this.timer?.cancel();
    this.waiters.splice(0).forEach(({ resolve }) => resolve(false));
    this.rounds.forEach((round) => round.giveUp());
  }

  private get isAtRest(): boolean {
    const isBusy = this.sending.size > 0 || this.rounds.size > 0 || this.waiters.length > 0;
    return !isBusy && this.timerAt === Infinity;
  }

  private look(): void {
    this.stopTimer();
    if (this.isStopped) {
      return;
    }
    this.again = false;
    this.looking = this.read()
      .catch((error: unknown) => {
        if (!this.isStopped) {
          this.host.failed(error);
          this.lookIn(RETRY_MS);
        }
      })
      .finally(() => {
        this.looking = undefined;
        if (this.again) {
          this.look();
        } else if (this.isAtRest) {
          this.host.rested(this.source, this);
        }
      });
  }

  private lookIn(ms: number): void {
    const at = this.runtime.monotonicMs() + ms;
    if (this.isStopped || at >= this.timerAt) {
      return;
    }
    this.timer?.cancel();
    this.timerAt = at;
    const run = (): void => {
      this.stopTimer();
      this.nudge(0);
    };
    this.timer = this.runtime.setTimer(run, ms, { background: true });
  }

  private stopTimer(): void {
    this.timer?.cancel();
    this.timerAt = Infinity;
  }

  private async read(): Promise<void> {
    const known = this.waiters.length;
    const flows = this.waiters.flatMap(({ flow }) => flow ?? []).join(',');
    const reports = [...this.rounds.values()].map((round) => round.report());
    const rest = encodeReadOutbox(reports.map(({ parts }) => parts));
    const { holder } = this.host;
    this.turn = (this.turn + 1) % 1_000_000;
    const args = [
      this.runtime.scriptTime(),
      holder,
      LEASE_MS,
      this.turn,
      PAGE_WEIGHT,
      PAGE_BYTES,
      this.history,
      flows,
    ] as const;
    const runner = this.host.runner(this.source);
    const page = readPage(await this.host.call(() => runner.run(readOutbox, args, rest)));
    reports.forEach(({ said }) => said());
    this.take(page);
    this.settle(page, known);
  }

  private take(page: OutboxPage): void {
    const { history, lines, laidAside } = page;
    this.host.laidAside(this.source, laidAside);
    this.enter(history);
    const isSame = this.sameHistory();
    const there = new Set(lines.map(({ target }) => target));
    for (const [target, round] of this.rounds) {
      if (!there.has(target) && !round.isBusy && !round.hasBrought && !round.hasNews) {
        this.rounds.delete(target);
      }
    }
    for (const line of lines) {
      const round = this.round(line.target);
      round.noted(line);
      if (line.given.length > 0) {
        this.follow(
          round,
          round.deliver(line, isSame).then((done) => (this.steps += done ? 1 : 0)),
        );
      } else if (round.isDue) {
        this.follow(round, round.confirm(isSame));
      }
    }
    this.plan(page);
  }

  /** When to look again where nothing else brings that about. */
  private plan({ lateInMs, lines }: OutboxPage): void {
    const now = this.runtime.monotonicMs();
    const wanted = Math.min(...[...this.rounds.values()].map(({ wants }) => wants));
    if (wanted < Infinity) {
      this.lookIn(Math.max(wanted - now, 1));
    }
    if (lateInMs >= 0) {
      this.lookIn(lateInMs + 1);
    }
    const marks = lines.map(({ target, number }) => `${target}${number}`).join();
    this.steps += marks === this.marks ? 0 : 1;
    this.marks = marks;
  }

  private round(target: string): TargetRelay {
    const round = this.rounds.get(target) ?? new TargetRelay(this.host, this.source, target);
    this.rounds.set(target, round);
    return round;
  }

  private follow(round: TargetRelay, delivery: Promise<unknown>): void {
    const followed: Promise<void> = delivery.then(() => {
      this.sending.delete(followed);
      this.deliverBrought(round);
      this.nudge(0);
    });
    this.sending.add(followed);
  }

  /** What comes while something is on its way to that target goes together with the next call. */
  private deliverBrought(round: TargetRelay): void {
    if (round.isBusy || !round.hasBrought) {
      return;
    }
    if (round.isPaused || round.isShared || this.isStopped) {
      round.giveUp();
      this.nudge(0);
      return;
    }
    const followed: Promise<void> = round.deliverBrought(this.sameHistory()).then((done) => {
      this.sending.delete(followed);
      this.deliverBrought(round);
      this.steps += done ? 1 : 0;
      if (!done || round.isWanted || this.waiters.length > 0) {
        this.nudge(0);
      } else {
        this.lookIn(NOTE_MS);
      }
    });
    this.sending.add(followed);
  }

  /** What is known of another history of the server is void. */
  private enter(history: string): void {
    if (history !== this.history) {
      this.history = history;
      this.rounds.forEach((round) => round.forget());
    }
  }

  private sameHistory(): () => boolean {
    const { history } = this;
    return () => this.history === history;
  }

  /** @param known how many waiters there were when the page was asked for */
  private settle({ sent, going, lines }: OutboxPage, known: number): void {
    const waiters = this.waiters.splice(0);
    waiters.forEach((waiter, i) => {
      const { targets, flow, resolve } = waiter;
      if (i >= known) {
        this.waiters.push(waiter);
        return;
      }
      const upTo = (waiter.upTo ??= sent);
      const open = lines.filter(
        ({ target, left, number }) => left > 0 && Number(number) < upTo && (!targets || targets.has(target)),
      );
      if (open.some(({ target }) => this.rounds.get(target)?.isPaused)) {
        resolve(false);
      } else if (open.length === 0 && (flow === undefined || !going.has(flow))) {
        resolve(true);
      } else {
        this.waiters.push(waiter);
      }
    });
    if (this.waiters.length > 0 && this.sending.size === 0) {
      this.lookIn(LOOK_MS);
    }
  }
}
