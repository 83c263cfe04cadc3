/** A command that a client has written. */
export interface Sent {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Of a blocking read: for how long it may wait. */
  readonly blockMs?: number;
}

export interface Reply {
  sent: Sent;
  value?: unknown;
  error?: Error;
}

/** One connection of a client: commands go one way in their order, replies the other. */
export class Wire {
  readonly sent: Sent[] = [];
  readonly replies: Reply[] = [];
  /** A blocking read that the server holds. */
  parked: { sent: Sent; until: number } | undefined;
  isUp = true;
  /** Until then replies are on their way. */
  silentUntil = 0;

  constructor(
    readonly label: string,
    private readonly listener: { closed: () => void; ready: () => void },
  ) {}

  /** Whether the server has a command of it to run. */
  get hasCommand(): boolean {
    return this.isUp && this.sent.length > 0 && this.parked === undefined;
  }

  hasReply(now: number): boolean {
    return this.isUp && this.replies.length > 0 && this.silentUntil <= now;
  }

  /** The connection breaks: nobody hears of what was under way. */
  cut(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.silentUntil = 0;
    this.listener.closed();
  }

  /** What the client had no reply to, in the order in which it was written. */
  takeUnanswered(): Sent[] {
    const parked = this.parked ? [this.parked.sent] : [];
    this.parked = undefined;
    return [...this.replies.splice(0).map(({ sent }) => sent), ...parked, ...this.sent.splice(0)];
  }

  reconnected(): void {
    this.isUp = true;
    this.listener.ready();
  }
}
