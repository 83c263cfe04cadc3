import { Injectable, Logger } from '@nestjs/common';
import { ConnectionError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { LOG_CONTEXT } from './stepwell.constants.js';

/** Tells Nest's logger what happened in queues and workers: names, ids and messages, never a job's data. */
@Injectable()
export class StepwellLog {
  private readonly logger = new Logger(LOG_CONTEXT);
  /** An outage is one error, told by every queue and worker on the connection. */
  private readonly told = new WeakSet<Error>();

  error(queue: string, error: Error): void {
    if (this.told.has(error)) return;
    this.told.add(error);
    this.logger.error(error instanceof ConnectionError ? error.message : `Queue ${queue}: ${error.message}`);
  }

  failed(queue: string, job: Job | undefined, error: Error): void {
    const what = `Queue ${queue}: job ${job?.id ?? '(removed)'}`;
    if (job && job.finishedOn === undefined) {
      this.logger.debug(`${what} failed in attempt ${job.attemptsMade} and is tried again: ${error.message}`);
    } else {
      this.logger.warn(`${what} failed: ${error.message}`);
    }
  }

  stalled(queue: string, jobId: string): void {
    this.logger.warn(`Queue ${queue}: job ${jobId} was taken back, as the lock of its worker had expired`);
  }
}
