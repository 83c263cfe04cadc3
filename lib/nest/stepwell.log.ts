import { Injectable, Logger } from '@nestjs/common';
import { ConnectionError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { LOG_CONTEXT } from './stepwell.constants.js';

/** Logs by Nest's logger what happened in queues and workers: names, ids and messages, never a job's data. */
@Injectable()
export class StepwellLog {
  private readonly logger = new Logger(LOG_CONTEXT);
  /** An outage is one error, reported by every queue and worker on the connection. */
  private readonly logged = new WeakSet<Error>();

  error(queue: string, error: Error): void {
    if (this.logged.has(error)) return;
    this.logged.add(error);
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

  /** What an application logs of its routes, for jobs. */
  processors(queue: string, who: string): void {
    this.logger.log(`Queue ${queue}: ${who}`);
  }

  /** A class that wants jobs is decorated, and no module provides it. */
  unseen({ className, queue }: { className: string; queue: string }): void {
    this.logger.warn(
      `${className} processes no jobs of queue ${queue} here: it is not among the providers of any module.`,
    );
  }

  /** Options of some calls of `forRoot` have no effect. */
  severalRoots(count: number): void {
    this.logger.warn(
      `StepwellModule.forRoot is imported ${count} times with different options: each queue takes those of one of them. ` +
        'Import it once, in the root module, and give a queue its own options in registerQueue.',
    );
  }

  /** Workers run, and nobody would drain them. */
  noShutdownHooks(): void {
    this.logger.warn(
      'Nothing listens to SIGTERM: running jobs are cut off when the process is ended, and start again when their locks have expired. ' +
        'Call app.enableShutdownHooks().',
    );
  }

  /** What a decorator says has no effect. */
  scheduleByHand(queue: string, { id, label }: { id: string; label: string }): void {
    this.logger.warn(
      `Queue ${queue}: the job scheduler ${id} of ${label} was made by hand and stays as it is. Remove it, or give the decorator a name of its own.`,
    );
  }

  /** Two versions of the application run side by side. */
  olderSchedule(queue: string, { id, label }: { id: string; label: string }): void {
    this.logger.log(
      `Queue ${queue}: another instance runs with a newer schedule than that of ${label}: ${id} stays as that says until it is gone.`,
    );
  }

  scheduleRemoved(queue: string, id: string): void {
    this.logger.log(`Queue ${queue}: the job scheduler ${id} is in the code no more and was removed.`);
  }

  /** A listener may be meant for another event. */
  unknownEvent(label: string, event: string, meant: string): void {
    this.logger.warn(
      `${label} listens to '${event}', which is no event of a queue. Did you mean '${meant}'?`,
    );
  }

  stalled(queue: string, jobId: string): void {
    this.logger.warn(`Queue ${queue}: job ${jobId} was taken back, as the lock of its worker had expired`);
  }
}
