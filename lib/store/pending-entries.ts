/** Entries of a group commit that wait for a call, in their order; each with its size, and since when it waits. */
export class PendingEntries<E> {
  private entries: E[] = [];
  private sizes: number[] = [];
  private sinces: number[] = [];

  get length(): number {
    return this.entries.length;
  }

  /** @param since `NEVER` for what waits as long as it takes */
  push(entry: E, bytes: number, since: number): void {
    this.entries.push(entry);
    this.sizes.push(bytes);
    this.sinces.push(since);
  }

  /** Whether some of them can wait too long. */
  get canBeLate(): boolean {
    return this.sinces.some(Number.isFinite);
  }

  /** Takes the first ones off: at most so many, and no more than these bytes, but always one. */
  take(most: number, mostBytes: number): { entries: E[]; sinces: number[] } {
    let count = 0;
    for (let bytes = 0; count < most && count < this.entries.length; count += 1) {
      bytes += this.sizes[count] as number;
      if (count > 0 && bytes > mostBytes) {
        break;
      }
    }
    this.sizes.splice(0, count);
    return { sinces: this.sinces.splice(0, count), entries: this.entries.splice(0, count) };
  }

  /** Takes out those that have waited since too long ago, and hands each to `giveUp`. */
  takeLate(isOver: (since: number) => boolean, giveUp: (entry: E) => void): void {
    const { entries, sizes, sinces } = this;
    if (!sinces.some(isOver)) {
      return;
    }
    this.entries = [];
    this.sizes = [];
    this.sinces = [];
    for (const [i, entry] of entries.entries()) {
      const since = sinces[i] as number;
      if (isOver(since)) {
        giveUp(entry);
      } else {
        this.push(entry, sizes[i] as number, since);
      }
    }
  }

  /** Returns whether it was there. */
  remove(entry: E): boolean {
    const at = this.entries.indexOf(entry);
    if (at >= 0) {
      [this.entries, this.sizes, this.sinces].forEach((list) => list.splice(at, 1));
    }
    return at >= 0;
  }
}
