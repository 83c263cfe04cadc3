import { AsyncSubject, fromEventPattern, map, type Observable, share, takeUntil } from 'rxjs';
import type { Job } from '../job/job.js';
import type { JobProgress } from '../job/job-progress.js';
import type { SafeEmitter } from '../runtime/safe-emitter.js';

/** What happens in one worker, distinguished by `event`. */
export type WorkerEvent<D = any, R = any, N extends string = string> =
  | { event: 'active'; job: Job<D, R, N>; prev: string }
  | { event: 'completed'; job: Job<D, R, N>; returnvalue: R; prev: string }
  /** `job` is absent where it is not known any more. */
  | { event: 'failed'; job: Job<D, R, N> | undefined; error: Error; prev: string }
  | { event: 'progress'; job: Job<D, R, N>; data: JobProgress }
  | { event: 'stalled'; jobId: string; prev: string }
  | { event: 'drained' }
  | { event: 'paused' }
  | { event: 'resumed' }
  | { event: 'error'; error: Error };

/** Events of one name. */
export type WorkerEventOf<
  E extends WorkerEvent['event'],
  D = any,
  R = any,
  N extends string = string,
> = Extract<WorkerEvent<D, R, N>, { event: E }>;

/** Names of what the listeners of an event get. */
const FIELDS: Record<WorkerEvent['event'], readonly string[]> = {
  active: ['job', 'prev'],
  completed: ['job', 'returnvalue', 'prev'],
  failed: ['job', 'error', 'prev'],
  progress: ['job', 'data'],
  stalled: ['jobId', 'prev'],
  drained: [],
  paused: [],
  resumed: [],
  error: ['error'],
};

/** A worker's local events as Observables: hot, one listener each while anybody subscribes, none otherwise. */
export class WorkerStreams<D, R, N extends string> {
  private readonly closed = new AsyncSubject<void>();
  readonly active$ = this.of('active');
  readonly completed$ = this.of('completed');
  readonly failed$ = this.of('failed');
  readonly progress$ = this.of('progress');
  readonly stalled$ = this.of('stalled');
  readonly drained$ = this.of('drained');
  readonly paused$ = this.of('paused');
  readonly resumed$ = this.of('resumed');
  readonly error$ = this.of('error');

  constructor(private readonly worker: SafeEmitter) {}

  complete(): void {
    this.closed.next();
    this.closed.complete();
  }

  private of<E extends WorkerEvent['event']>(event: E): Observable<WorkerEventOf<E, D, R, N>> {
    return fromEventPattern<unknown[]>(
      (listener) => this.worker.on(event, listener),
      (listener) => this.worker.off(event, listener),
      (...args: unknown[]) => args,
    ).pipe(
      map((args) => {
        const fields = FIELDS[event].map((name, i) => [name, args[i]]);
        return { event, ...Object.fromEntries(fields) } as WorkerEventOf<E, D, R, N>;
      }),
      takeUntil(this.closed),
      share(),
    );
  }
}
