import type { Job } from '../../job/job.js';
import type { HandlerTarget } from './enhanced-handler.js';
import type { Provider } from './handler-source.js';
import { resolveScoped } from './resolve-scoped.js';

/** The instances of a provider that is made for each job: one for all steps that a job takes in one go. */
export class JobTargets {
  private readonly targets = new WeakMap<Job, Promise<HandlerTarget>>();

  constructor(private readonly provider: Provider) {}

  of(job: Job): Promise<HandlerTarget> {
    let target = this.targets.get(job);
    if (!target) {
      target = resolveScoped(this.provider, job);
      this.targets.set(job, target);
    }
    return target;
  }
}
