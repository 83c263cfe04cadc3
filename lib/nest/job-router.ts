import type { Job } from '../job/job.js';
import { type MaybeStepped, type StepHandling, STEP_HANDLING } from '../worker/stepped-processor.js';
import { LATE_SIGNAL, type MaybeLate } from '../worker/takes-signal.js';
import type { BatchOptions } from '../worker/batch-options.js';
import { CHECKS, type MaybeChecked } from '../worker/batch-runner.js';
import type { BatchProcessor, Processor } from '../worker/worker-options.js';
import type { DiscoveredHandler } from './interfaces/discovered-processor.interface.js';
import { BatchHandlerError, DuplicateHandlerError, UnknownJobNameError } from './nest-errors.js';

/** Hands each job of a queue to the handler of its name, else to the one for all other names. */
export class JobRouter {
  private readonly byName = new Map<string, DiscoveredHandler>();
  private other: DiscoveredHandler | undefined;

  constructor(private readonly queue: string) {}

  add(handler: DiscoveredHandler): void {
    const { jobName } = handler;
    const present = jobName === undefined ? this.other : this.byName.get(jobName);
    if (present) throw new DuplicateHandlerError(this.queue, jobName, present.label, handler.label);
    if (jobName === undefined) this.other = handler;
    else this.byName.set(jobName, handler);
  }

  /** What a method with batches asks for: it is the only one of its queue. Throws `BatchHandlerError` where it is not. */
  get batch(): BatchOptions | undefined {
    const all = this.all();
    const batched = all.find(({ batch }) => batch);
    const other = all.find(({ label }) => label !== batched?.label);
    if (batched && other) throw new BatchHandlerError(this.queue, batched.label, other.label);
    return batched?.batch;
  }

  get batchRoute(): BatchProcessor & MaybeChecked {
    const [handler] = this.all();
    const route: BatchProcessor = (batch) =>
      handler!.handle(batch, '', () => batch.signal) as ReturnType<BatchProcessor>;
    return Object.assign(route, { [CHECKS]: (job: Job) => void this.known(job) });
  }

  /** Made once all handlers are there: one that has no steps needs nothing of what they need. */
  get route(): Processor & MaybeStepped & MaybeLate {
    const route = (job: Job, token: string, signal: () => AbortSignal): unknown => {
      return this.known(job).handle(job, token, signal);
    };
    const stages: StepHandling = {
      run: (run) => this.handlerOf(run.job)?.stages?.run(run),
      fail: (run, error) => this.handlerOf(run.job)?.stages?.fail(run, error),
    };
    return Object.assign(route as never as Processor, {
      [LATE_SIGNAL]: true as const,
      ...(this.all().some((handler) => handler.stages) ? { [STEP_HANDLING]: stages } : {}),
    });
  }

  private known(job: Job): DiscoveredHandler {
    const handler = this.handlerOf(job);
    if (!handler) throw new UnknownJobNameError(this.queue, job.name, [...this.byName.keys()]);
    return handler;
  }

  private all(): DiscoveredHandler[] {
    return [...(this.other ? [this.other] : []), ...this.byName.values()];
  }

  private handlerOf(job: Job): DiscoveredHandler | undefined {
    return this.byName.get(job.name) ?? this.other;
  }
}
