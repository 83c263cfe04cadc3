import { cancelJob, type CancelOptions, type CancelOutcome } from '../job/cancel-job.js';
import { JobNotFoundError } from '../job/errors.js';
import type { JobExplanation } from '../job/explanation.js';
import type { Job } from '../job/job.js';
import { QueueGroups } from './queue-groups.js';

/** For people who look after jobs: why one waits, and ending it from anywhere. */
export class QueueCancelling<J extends Job = Job> extends QueueGroups<J> {
  /**
   * Why a job does not run now: by one look, with names and numbers for boards and support. A limit, a pause or a delay is named also where
   * another reason goes before it. Throws `JobNotFoundError`.
   *
   * @example
   * const { reasons } = await orders.explain(orderId);
   * if (reasons[0].why === 'limited') console.log(`${reasons[0].ahead} jobs wait for ${reasons[0].limit.name} before it`);
   */
  async explain(jobId: string): Promise<JobExplanation> {
    const explanation = await this.store.inspect.explainJob(jobId);
    if (!explanation) {
      throw new JobNotFoundError(jobId, 'explain');
    }
    return explanation;
  }

  /**
   * Cancels a job: it fails for good with `reason`, and events `failed` and `cancelled` say so. One that waits, is delayed, sleeps, or waits
   * for a signal or for children ends at once. The signal of one that runs is aborted with a `JobCancelledError`, in whatever process that
   * is, and the job fails when its work has ended, whatever that comes to. What its steps have done is undone where they have a
   * compensation, by a worker.
   *
   * Throws `JobNotFoundError` where there is no such job.
   *
   * @param reason for people; default `The job was cancelled.`
   *
   * @example
   * await orders.cancel(orderId, 'The customer has changed their mind.', { children: true });
   */
  cancel(jobId: string, reason?: string, options?: CancelOptions): Promise<CancelOutcome> {
    return cancelJob(this.store.jobs, jobId, reason, options);
  }
}
