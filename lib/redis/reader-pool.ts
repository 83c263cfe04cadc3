import type { Timer } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import type { BlockingReader, ReaderOwner } from './blocking-reader.js';

/** A reader of one queue on a cluster is closed when nobody has waited on it for so long. */
const LINGER_MS = 5000;

/** What the readers of a connection need of it. */
export type ReaderHost = Omit<ReaderOwner, 'began' | 'rested'>;

/** The readers of one kind: one for all queues of a server, or one for each queue on a cluster, as long as somebody waits. */
export class ReaderPool<L extends BlockingReader> extends Service implements ReaderOwner {
  private readonly readers = new Map<string, L>();
  /** Those that read or did so lately, with the timer of the latter. */
  private readonly open = new Map<BlockingReader, Timer | undefined>();

  /**
   * @param isShared whether one reader serves all queues
   */
  constructor(
    private readonly host: ReaderHost,
    private readonly isShared: boolean,
    private readonly make: (owner: ReaderOwner) => L,
  ) {
    super(host.runtime);
  }

  /** The reader of the queue whose keys begin so. */
  of(queueBase: string): L {
    const base = this.baseOf(queueBase);
    let reader = this.readers.get(base);
    if (!reader) {
      reader = this.make(this);
      this.readers.set(base, reader);
    }
    return reader;
  }

  /** The same, where somebody has waited on it. */
  known(queueBase: string): L | undefined {
    return this.readers.get(this.baseOf(queueBase));
  }

  /** Commands go to another server now, perhaps. */
  restart(): void {
    for (const reader of this.open.keys()) {
      reader.restart();
    }
  }

  protected onStop(): void {
    for (const reader of new Set<BlockingReader>([...this.readers.values(), ...this.open.keys()])) {
      void reader.stop();
    }
    this.open.forEach((timer) => timer?.cancel());
    this.open.clear();
  }

  get client(): ReaderOwner['client'] {
    return this.host.client;
  }

  duplicate(): ReturnType<ReaderOwner['duplicate']> {
    return this.host.duplicate();
  }

  report(error: unknown, what: string): void {
    this.host.report(error, what);
  }

  suspect(): void {
    this.host.suspect();
  }

  began(reader: BlockingReader): void {
    this.open.get(reader)?.cancel();
    this.open.set(reader, undefined);
    if (this.isStopped) {
      void reader.stop();
    }
  }

  /** The one for all queues is used again and again; one of a queue may never be. */
  rested(reader: BlockingReader): void {
    if (this.isStopped || this.isShared) {
      return;
    }
    const timer = this.runtime.setTimer(() => this.forget(reader), LINGER_MS, {
      background: true,
      upkeep: true,
    });
    this.open.set(reader, timer);
  }

  private forget(reader: BlockingReader): void {
    reader.restart();
    this.open.delete(reader);
    for (const [base, known] of this.readers) {
      if (known === reader) {
        this.readers.delete(base);
      }
    }
  }

  private baseOf(queueBase: string): string {
    return this.isShared ? '' : queueBase;
  }
}
