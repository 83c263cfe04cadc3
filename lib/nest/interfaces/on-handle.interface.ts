import type { Job } from '../../job/job.js';
import type { StepContext } from '../../steps/step-context.js';

/** One call of a handler: a method with `@Process`, `@Step` or `@Compensate`. */
export interface HandleInfo {
  readonly kind: 'process' | 'step' | 'compensate';
  /** Name of the queue. */
  readonly queue: string;
  readonly className: string;
  readonly method: string;
  /** Of a batch, its first. */
  readonly job: Job;
  /** All jobs of a batch; undefined for a handler that gets one. */
  readonly jobs: readonly Job[] | undefined;
  /** Name of the step that runs, or is undone; undefined for `@Process`. */
  readonly step: string | undefined;
  /** Counts the tries, from 1: of the step, or of what undoes it; for `@Process`, of the job. */
  readonly attempt: number;
  /** What a step is given besides its job; undefined for `@Process`. */
  readonly context: StepContext | undefined;
  /** The lock under which it runs. */
  readonly token: string;
  /** As the handler gets it; made when first asked for. */
  readonly signal: AbortSignal;
}

/**
 * Runs around each handler, with its guards, pipes, interceptors and filters inside: for a span, a scope of a monitor, a
 * context of `AsyncLocalStorage`. It returns what `next` resolves to, and throws what `next` rejects with, unless it wants the job to end
 * otherwise. `next` resolves to an Observable where the handler returns one; what is subscribed to it runs in the async
 * context in which `next` was called.
 *
 * @example
 * const onHandle: OnHandle = (info, next) => cls.run(() => next());
 */
export type OnHandle = (info: HandleInfo, next: () => Promise<unknown>) => unknown;
