import { createHash } from 'node:crypto';

const LAST_CALLS = 12;

/** What a run leaves behind: its last calls, what was seen how often, and a hash that is the same for the same run. */
export class SimulationLog {
  readonly lastCalls: string[] = [];
  readonly seen = new Map<string, number>();
  private readonly trace = createHash('sha1');

  /** @param prefix of the keys, which no other run has, and so is left out */
  constructor(private readonly prefix: string) {}

  note(line: string, state: string): void {
    const shown = line.replaceAll(this.prefix, '');
    this.trace.update(shown).update(state.replaceAll(this.prefix, ''));
    this.lastCalls.push(shown);
    if (this.lastCalls.length > LAST_CALLS) this.lastCalls.shift();
  }

  count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  traceHash(): string {
    return this.trace.copy().digest('hex');
  }
}
