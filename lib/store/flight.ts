import type { Call } from './call.js';

/** The entries that went out with one call. Each is settled once: with the answer, or before when it is given up. */
export class Flight<E> {
  /** The call, once it is made; none where the entries were handed on. */
  call: Call<unknown> | undefined;
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

  get mayBeWritten(): boolean {
    return this.call?.mayBeWritten ?? true;
  }

  get isAbandoned(): boolean {
    return this.abandoned;
  }

  abandon(): void {
    this.abandoned = true;
    this.call?.abandon();
  }

  giveUp(isOver: (since: number) => boolean, settle: (entry: E) => void): void {
    for (const [i, since] of this.sinces.entries()) {
      if (this.isOpen(i) && isOver(since)) {
        this.sinces[i] = NaN;
        this.left -= 1;
        settle(this.entries[i] as E);
      }
    }
  }

  /** Whether something is left that can wait too long. */
  get canBeLate(): boolean {
    return this.sinces.some((since) => Number.isFinite(since));
  }
}
