import type { Runtime, Timer } from '../runtime/runtime.js';
import type { BlockingLine, LineOwner } from './blocking-line.js';

/** A line of one queue on a cluster is closed when nobody has waited on it for so long. */
const LINGER_MS = 5000;

/** What the lines of a connection need of it. */
export type LineHost = Omit<LineOwner, 'began' | 'rested'>;

/** The lines of one kind: one for all queues of a server, or one for each queue on a cluster, as long as somebody waits. */
export class LinePool<L extends BlockingLine> implements LineOwner {
  private readonly lines = new Map<string, L>();
  /** Those that read or did so lately, with the timer of the latter. */
  private readonly open = new Map<BlockingLine, Timer | undefined>();
  private closed = false;

  /**
   * @param isShared whether one line serves all queues
   */
  constructor(
    private readonly host: LineHost,
    private readonly isShared: boolean,
    private readonly make: (owner: LineOwner) => L,
  ) {}

  /** The line of the queue whose keys begin so. */
  of(queueBase: string): L {
    const base = this.baseOf(queueBase);
    let line = this.lines.get(base);
    if (!line) {
      line = this.make(this);
      this.lines.set(base, line);
    }
    return line;
  }

  /** The same, where somebody has waited on it. */
  known(queueBase: string): L | undefined {
    return this.lines.get(this.baseOf(queueBase));
  }

  /** Commands go to another server now, perhaps. */
  restart(): void {
    for (const line of this.open.keys()) {
      line.restart();
    }
  }

  close(): void {
    this.closed = true;
    for (const line of new Set<BlockingLine>([...this.lines.values(), ...this.open.keys()])) {
      line.close();
    }
    this.open.forEach((timer) => timer?.cancel());
    this.open.clear();
  }

  get client(): LineOwner['client'] {
    return this.host.client;
  }

  get runtime(): Runtime {
    return this.host.runtime;
  }

  duplicate(): ReturnType<LineOwner['duplicate']> {
    return this.host.duplicate();
  }

  report(error: unknown, what: string): void {
    this.host.report(error, what);
  }

  suspect(): void {
    this.host.suspect();
  }

  began(line: BlockingLine): void {
    this.open.get(line)?.cancel();
    this.open.set(line, undefined);
    if (this.closed) {
      line.close();
    }
  }

  /** The one for all queues is used again and again; one of a queue may never be. */
  rested(line: BlockingLine): void {
    if (this.closed || this.isShared) {
      return;
    }
    const timer = this.runtime.setTimer(() => this.forget(line), LINGER_MS, {
      background: true,
      upkeep: true,
    });
    this.open.set(line, timer);
  }

  private forget(line: BlockingLine): void {
    line.restart();
    this.open.delete(line);
    for (const [base, known] of this.lines) {
      if (known === line) {
        this.lines.delete(base);
      }
    }
  }

  private baseOf(queueBase: string): string {
    return this.isShared ? '' : queueBase;
  }
}
