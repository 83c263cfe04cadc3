import type { Job } from '../job/job.js';
import { type MaybeStaged, STAGES } from '../worker/staged-processor.js';
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

  readonly route: Processor & MaybeStaged = Object.assign<Processor, MaybeStaged>(
    (job, token, signal) => {
      const handler = this.handlerOf(job);
      if (!handler) throw new UnknownJobNameError(this.queue, job.name, [...this.byName.keys()]);
      return handler.handle(job, token, signal);
    },
    {
      [STAGES]: {
        run: (run) => this.handlerOf(run.job)?.handle[STAGES]?.run(run),
        fail: (run, error) => this.handlerOf(run.job)?.handle[STAGES]?.fail(run, error),
      },
    },
  );

  private handlerOf(job: Job): DiscoveredHandler | undefined {
    return this.byName.get(job.name) ?? this.other;
  }
}
