import type { Job } from '../job/job.js';
import { type MaybeStaged, type Stages, STAGES } from '../worker/staged-processor.js';
import { LATE_SIGNAL, type MaybeLate } from '../worker/takes-signal.js';
import type { Processor } from '../worker/worker-options.js';
import type { DiscoveredHandler } from './interfaces/discovered-processor.interface.js';
import { DuplicateHandlerError, UnknownJobNameError } from './nest-errors.js';

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

  /** Made once all handlers are there: one that has no steps needs nothing of what they need. */
  get route(): Processor & MaybeStaged & MaybeLate {
    const route = (job: Job, token: string, signal: () => AbortSignal): unknown => {
      const handler = this.handlerOf(job);
      if (!handler) throw new UnknownJobNameError(this.queue, job.name, [...this.byName.keys()]);
      return handler.handle(job, token, signal);
    };
    const stages: Stages = {
      run: (run) => this.handlerOf(run.job)?.stages?.run(run),
      fail: (run, error) => this.handlerOf(run.job)?.stages?.fail(run, error),
    };
    const all = [this.other, ...this.byName.values()];
    return Object.assign(route as never as Processor, {
      [LATE_SIGNAL]: true as const,
      ...(all.some((handler) => handler?.stages) ? { [STAGES]: stages } : {}),
    });
  }

  private handlerOf(job: Job): DiscoveredHandler | undefined {
    return this.byName.get(job.name) ?? this.other;
  }
}
