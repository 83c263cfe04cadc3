import type { Job } from '../../job/job.js';
import type { StepContext } from '../../steps/step-context.js';
import type { Batch } from '../../worker/batch.js';
import type { HandleInfo } from '../interfaces/on-handle.interface.js';
import type { HandlerSource } from './handler-source.js';

/** One call of a handler, on its way through what is around it. */
export class HandlerCall implements HandleInfo {
  /** What a filter is asked about. */
  error: unknown;
  /** Called when the handler itself has returned an Observable. */
  streams: (() => void) | undefined;

  constructor(
    readonly source: HandlerSource,
    private readonly given: Job | Batch,
    /** The lock's token for `@Process`, else what a step is given. */
    private readonly second: string | StepContext,
    private readonly processSignal: (() => AbortSignal) | undefined,
    private readonly passesSignal: boolean,
  ) {}

  get job(): Job {
    return Array.isArray(this.given) ? (this.given[0] as Job) : this.given;
  }

  get jobs(): readonly Job[] | undefined {
    return Array.isArray(this.given) ? this.given : undefined;
  }

  get kind(): HandleInfo['kind'] {
    return this.source.kind;
  }

  get queue(): string {
    return this.source.queue;
  }

  get className(): string {
    return this.source.type.name;
  }

  get method(): string {
    return this.source.method;
  }

  get step(): string | undefined {
    return this.source.step;
  }

  get context(): StepContext | undefined {
    return typeof this.second === 'string' ? undefined : this.second;
  }

  get attempt(): number {
    return this.context?.attempt ?? this.job.attemptsMade + 1;
  }

  get token(): string {
    return typeof this.second === 'string' ? this.second : this.second.token;
  }

  get signal(): AbortSignal {
    return this.processSignal?.() ?? (this.context as StepContext).signal;
  }

  /** What the method is called with where no parameter of it is decorated. */
  get args(): unknown[] {
    return this.passesSignal ? [this.given, this.second, this.signal] : [this.given, this.second];
  }
}
