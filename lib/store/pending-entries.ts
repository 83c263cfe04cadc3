/** Entries of a group commit that wait for a call, in their order; each with its size, and since when it waits. */
export class PendingEntries<E> {
  private entries: E[] = [];
  private sizes: number[] = [];
  private sinces: number[] = [];
  private weights: number[] = [];
  private sum = 0;

  /** For how many entries those count that are there. */
  get weight(): number {
    return this.sum;
  }

  get length(): number {
    return this.entries.length;
  }

  /** @param since `NEVER` for what waits as long as it takes */
  push(entry: E, bytes: number, since: number, weight = 1): void {
    this.weights.push(weight);
    this.sum += weight;
    this.entries.push(entry);
    this.sizes.push(bytes);
    this.sinces.push(since);
  }

  /** Whether some of them can wait too long. */
  get canBeLate(): boolean {
    return this.sinces.some(Number.isFinite);
  }

  /** Takes the first ones off: at most what counts for so many, and no more than these bytes, but always one. */
  take(most: number, mostBytes: number): { entries: E[]; sinces: number[] } {
    let count = 0;
    for (let [bytes, weight] = [0, 0]; count < this.entries.length; count += 1) {
      bytes += this.sizes[count] as number;
      weight += this.weights[count] as number;
      if (count > 0 && (bytes > mostBytes || weight > most)) {
        break;
      }
      this.sum -= this.weights[count] as number;
    }
    this.weights.splice(0, count);
    this.sizes.splice(0, count);
    return { sinces: this.sinces.splice(0, count), entries: this.entries.splice(0, count) };
  }

  /** Takes out those that have waited since too long ago, and hands each to `giveUp`. */
  takeLate(isOver: (since: number) => boolean, giveUp: (entry: E) => void): void {
    const { entries, sizes, sinces, weights } = this;
    if (!sinces.some(isOver)) {
      return;
    }
    this.entries = [];
    this.sizes = [];
    this.sinces = [];
    this.weights = [];
    this.sum = 0;
    for (const [i, entry] of entries.entries()) {
      const since = sinces[i] as number;
      if (isOver(since)) {
        giveUp(entry);
      } else {
        this.push(entry, sizes[i] as number, since, weights[i]);
      }
    }
  }

  /** Returns whether it was there. */
  remove(entry: E): boolean {
    const at = this.entries.indexOf(entry);
    if (at >= 0) {
      this.sum -= this.weights[at] as number;
      [this.entries, this.sizes, this.sinces, this.weights].forEach((list) => list.splice(at, 1));
    }
    return at >= 0;
  }
}
