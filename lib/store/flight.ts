/** What entries go out with. */
export interface Carrier {
  /** What went wrong last. */
  readonly failure: unknown;
  /** Whether what the entries are to write may be there. */
  readonly mayBeWritten: boolean;
  /** Nobody waits for any of the entries any more. */
  abandon(): void;
  /** Takes one entry back. Returns whether it was not on its way, and so has written nothing and never will. */
  withdraw?(i: number): boolean;
}

/** The entries that went out together. Each is settled once: with the reply, or before when it is given up. */
export class Flight<E> {
  /** The call, or whoever the entries were handed on to; none before they go out. */
  carrier: Carrier | undefined;
  private left: number;
  private abandoned = false;

  /**
   * @param sinces since when each has been waiting; the flight keeps and changes them
   */
  constructor(
    readonly entries: readonly E[],
    private readonly sinces: number[],
  ) {
    this.left = entries.length;
  }

  isOpen(i: number): boolean {
    return !Number.isNaN(this.sinces[i]);
  }

  /** How many have not been given up. */
  get open(): number {
    return this.left;
  }

  /** What these count for, by `weigh`, or each for one. */
  openWeight(weigh: ((entry: E) => number) | undefined): number {
    return weigh
      ? this.entries.reduce((sum, entry, i) => sum + (this.isOpen(i) ? weigh(entry) : 0), 0)
      : this.left;
  }

  get isAbandoned(): boolean {
    return this.abandoned;
  }

  abandon(): void {
    this.abandoned = true;
    this.carrier?.abandon();
  }

  /**
   * @param isOver whether an entry that waits since then is given up
   * @param settle takes what is given up, and whether it may be written all the same
   */
  giveUp(
    isOver: (since: number, entry: E) => boolean,
    settle: (entry: E, mayBeWritten: boolean) => void,
  ): void {
    for (const [i, since] of this.sinces.entries()) {
      const entry = this.entries[i] as E;
      if (this.isOpen(i) && isOver(since, entry)) {
        this.sinces[i] = NaN;
        this.left -= 1;
        const isBack = this.carrier?.withdraw?.(i) ?? false;
        settle(entry, !isBack && (this.carrier?.mayBeWritten ?? true));
      }
    }
  }

  /** Whether something is left that can wait too long. */
  get canBeLate(): boolean {
    return this.sinces.some((since) => Number.isFinite(since));
  }
}
