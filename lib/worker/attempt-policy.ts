import type { BackoffStrategy } from '../job/backoff.js';
import type { Job } from '../job/job.js';
import { asError, type Failure, failureOf, messageOf, type Tries } from '../job/job-failure.js';
import { retentionText } from '../job/retention.js';
import { UnrecoverableError } from '../job/special-errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import type { WorkerOptions } from './worker-options.js';

/** A strategy that takes longer is one that throws: the run holds its slot and its lock until then. */
const STRATEGY_MS = 30_000;

/** What the options of a worker say of the attempts that it makes, where the job does not say so itself. */
export class AttemptPolicy {
  private readonly completed: string;
  private readonly strategy: BackoffStrategy<Job> | undefined;

  constructor(
    private readonly options: WorkerOptions,
    private readonly runtime: Runtime,
    private readonly onError: (error: Error) => void,
  ) {
    this.completed = retentionText(options.removeOnComplete);
    const strategy = options.settings?.backoffStrategy;
    this.strategy = strategy && ((...args) => inTime(runtime, strategy(...args)));
  }

  /** Why the job may not be started, if it may not. */
  refusal({ attemptsStarted, deferredFailure, unreadable }: Job): Error | undefined {
    const { maxStartedAttempts } = this.options;
    if (deferredFailure !== undefined) {
      return new UnrecoverableError(deferredFailure);
    }
    if (maxStartedAttempts && attemptsStarted > maxStartedAttempts) {
      return new UnrecoverableError('job started more than allowable limit');
    }
    return unreadable;
  }

  ttlMs({ name }: Job): number | undefined {
    const { ttl } = this.options;
    if (typeof ttl !== 'object') {
      return ttl;
    }
    return Object.hasOwn(ttl, name) ? ttl[name] : undefined;
  }

  keepCompleted({ opts }: Job): string {
    return opts.removeOnComplete === undefined ? this.completed : retentionText(opts.removeOnComplete);
  }

  keepFailed({ opts }: Job): WorkerOptions['removeOnFail'] {
    return opts.removeOnFail ?? this.options.removeOnFail;
  }

  /** Decides between another try and failing for good. A strategy that throws ends the tries. */
  failure(job: Job, error: Error, tries?: Tries): Promise<Failure> {
    const { random } = this.runtime;
    return failureOf(job, error, this.strategy, tries, random).catch((cause: unknown) => {
      this.onError(asError(cause));
      return failureOf(job, new UnrecoverableError(messageOf(error)), undefined, tries, random);
    });
  }
}

async function inTime(runtime: Runtime, delay: number | Promise<number>): Promise<number> {
  if (typeof delay === 'number') {
    return delay;
  }
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`settings.backoffStrategy has not come to an end in ${STRATEGY_MS} ms.`);
    timer = runtime.setTimer(() => reject(error), STRATEGY_MS);
  });
  return Promise.race([delay, late]).finally(() => timer?.cancel());
}
