import type { Job } from '../job/job.js';
import type { RepeatOptions } from '../job/repeat-options.js';
import type { JobScheduler, JobSchedulerTemplate } from '../schedule/job-scheduler.js';
import { JobSchedulers } from '../schedule/job-schedulers.js';
import { checkRange } from './arguments.js';
import { QueueCancelling } from './queue-cancelling.js';
import type { QueueOptions } from './queue-options.js';

/** Jobs that come again and again. */
export class QueueSchedules<
  J extends Job = Job,
  D = any,
  N extends string = string,
> extends QueueCancelling<J> {
  private own: JobSchedulers<J> | undefined;

  /** @internal */
  get schedulers(): JobSchedulers<J> {
    const { defaultJobOptions, settings, groupOf } = this.opts as QueueOptions;
    return (this.own ??= new JobSchedulers<J>(this.store, {
      defaults: defaultJobOptions,
      strategy: settings?.repeatStrategy,
      limitsOf: (data: unknown, name: string) => this.limitsFor(data, name),
      groupOf,
      withLimits: (attempt) => this.withLimits(attempt),
      traced: (schedulerId, jobName, upsert) => this.traceUpsert(schedulerId, jobName, upsert),
    }));
  }

  private traceUpsert(
    schedulerId: string,
    jobName: string,
    upsert: () => Promise<J | undefined>,
  ): Promise<J | undefined> {
    if (!this.tracing?.telemetry) {
      return upsert();
    }
    return this.tracing.trace(
      { kind: 'schedule', queueName: this.name, jobName, schedulerId },
      async (trace) => {
        const next = await upsert();
        if (next) trace.added?.([next.id]);
        return next;
      },
    );
  }

  /** @internal Limits of a job that names none itself. */
  protected limitsFor(_data: unknown, _name: string): readonly string[] | undefined {
    return undefined;
  }

  /** @internal Makes what names limits of the queue's own once they are there. */
  protected withLimits<T>(attempt: () => Promise<T>): Promise<T> {
    return attempt();
  }

  /**
   * Makes a job scheduler, or changes the one of that id: it brings a job for each slot, each when the one before has started.
   * Any number of processes may say the same: there is one scheduler, and one job a slot. Resolves with the next job, undefined
   * when none is due any more or the scheduler is paused.
   * Throws `InvalidOptionError` before anything is written; `SlotTakenError` when all next slots have jobs already.
   *
   * @example
   * await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'Europe/Berlin' }, { name: 'tidy' });
   * await queue.upsertJobScheduler('report', { every: 60_000, overlap: 'skip' }, { opts: { attempts: 3 } });
   */
  upsertJobScheduler(
    id: string,
    repeat: RepeatOptions,
    template?: JobSchedulerTemplate<D, N>,
  ): Promise<J | undefined> {
    return this.schedulers.upsert(id, repeat, template);
  }

  /** The job scheduler as it was given, with its next slot; undefined when there is none. */
  getJobScheduler(id: string): Promise<JobScheduler<D> | undefined> {
    return this.schedulers.get<D>(id);
  }

  /**
   * Job schedulers by their next slot.
   * @param asc whether the one that is next comes first; default false
   */
  async getJobSchedulers(start = 0, end = -1, asc = false): Promise<JobScheduler<D>[]> {
    checkRange(start, end);
    return this.schedulers.list<D>(start, end, asc);
  }

  getJobSchedulersCount(): Promise<number> {
    return this.store.schedules.count();
  }

  /**
   * Removes a job scheduler. Its next job goes with it where that is delayed; one that waits for a worker or runs is the last.
   * Returns whether there was one.
   */
  removeJobScheduler(id: string): Promise<boolean> {
    return this.schedulers.remove(id);
  }

  /**
   * Lets a job scheduler bring no further job until `resumeJobScheduler`, whatever upserts say. The next job goes. What passes meanwhile
   * is not missed. Returns false when it was paused already. Throws `JobSchedulerNotFoundError`.
   */
  pauseJobScheduler(id: string): Promise<boolean> {
    return this.schedulers.pause(id, true);
  }

  /** Lets a paused job scheduler go on with its next slot. Returns false when it was not paused. */
  resumeJobScheduler(id: string): Promise<boolean> {
    return this.schedulers.pause(id, false);
  }

  /**
   * Adds a job of a scheduler now, beside its slots: also while the scheduler is paused, and whatever `limit` and `overlap` say.
   * Throws `JobSchedulerNotFoundError`.
   */
  runJobSchedulerNow(id: string): Promise<J> {
    return this.schedulers.runNow(id);
  }
}
