import { createHash } from 'node:crypto';

const KEPT = 60;

/** What was chosen, for those who read a failure, and a digest of all of it. */
export class Trace {
  /** Steps at which something was done on purpose. */
  readonly deliberate: number[] = [];
  /** A line for each of them. */
  readonly purposes: string[] = [];
  private readonly hash = createHash('sha256');
  private readonly lines: string[] = [];

  constructor(private readonly log: ((line: string) => void) | undefined) {}

  note(step: number, ms: number, what: string, onPurpose: boolean): void {
    const line = `${step} ${Math.round(ms)} ms: ${what}`;
    if (onPurpose) {
      this.deliberate.push(step);
      this.purposes.push(line);
    }
    this.hash.update(line);
    this.lines.push(line);
    if (this.lines.length > KEPT * 4) this.lines.splice(0, KEPT);
    this.log?.(line);
  }

  get last(): string[] {
    return this.lines.slice(-KEPT);
  }

  get digest(): string {
    return this.hash.copy().digest('hex').slice(0, 16);
  }
}
