import { InvalidOptionError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { asError } from '../job/job-failure.js';

/** What is said of one job of a batch before the batch has ended. */
export type OwnOutcome = { error: Error } | { result: unknown };

/**
 * The jobs that a processor of batches gets, an array of them. What it returns is their results: an array has one for each job, in
 * their order; anything else is the result of all. What it throws fails all, each by its own attempts. What was said of a single
 * job holds in either case.
 *
 * @example
 * const worker = new Worker<Row>('rows', async (batch) => {
 *   const { refused } = await database.insert(batch.map(({ data }) => data));
 *   for (const { at, reason } of refused) batch.setAsFailed(batch[at]!, new Error(reason));
 * }, { connection, batch: { size: 50 } });
 */
export class Batch<D = any, R = any, N extends string = string> extends Array<Job<D, R, N>> {
  readonly #outcomes = new Map<Job, OwnOutcome>();
  #signals = new Map<Job, () => AbortSignal>();
  #signal: AbortSignal | undefined;

  /** What is made of it, by `map` and the like, is an ordinary array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** @internal */
  static gather<D, R, N extends string>(
    members: readonly { job: Job<D, R, N>; signal: () => AbortSignal }[],
  ): Batch<D, R, N> {
    const batch = new Batch<D, R, N>();
    for (const { job, signal } of members) {
      batch.push(job);
      batch.#signals.set(job, signal);
    }
    return batch;
  }

  /** Aborted when every job of the batch is: nobody waits for its work any more. */
  get signal(): AbortSignal {
    this.#signal ??= whenAll([...this.#signals.values()].map((signal) => signal()));
    return this.#signal;
  }

  /** Aborted when this job is cancelled, takes too long or has lost its lock. */
  signalOf(job: Job<D, R, N>): AbortSignal {
    const signal = this.#signals.get(job);
    if (!signal) {
      throw notOfBatch(job);
    }
    return signal();
  }

  /** Lets one job fail, by its own attempts; the others go on. Throws `InvalidOptionError` for a job of another batch. */
  setAsFailed(job: Job<D, R, N>, error: Error): void {
    this.#settle(job, { error: asError(error) });
  }

  /** Gives one job a result of its own, which holds even if the batch fails. Throws `InvalidOptionError` for a job of another batch. */
  setResult(job: Job<D, R, N>, result: R): void {
    this.#settle(job, { result });
  }

  /** The jobs, as an ordinary array. */
  getBatch(): Job<D, R, N>[] {
    return [...this];
  }

  /** @internal What was said of a job alone. */
  outcomeOf(job: Job): OwnOutcome | undefined {
    return this.#outcomes.get(job);
  }

  #settle(job: Job, outcome: OwnOutcome): void {
    if (!this.#signals.has(job)) {
      throw notOfBatch(job);
    }
    this.#outcomes.set(job, outcome);
  }
}

function notOfBatch(job: unknown): InvalidOptionError {
  const id = typeof job === 'object' && job !== null ? (job as { id?: unknown }).id : job;
  return new InvalidOptionError('job', id, 'Use a job of this batch.');
}

function whenAll(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  let open = signals.length;
  for (const signal of signals) {
    const count = (): void => {
      open -= 1;
      if (open === 0) {
        controller.abort(signal.reason);
      }
    };
    if (signal.aborted) {
      count();
    } else {
      signal.addEventListener('abort', count, { once: true });
    }
  }
  return controller.signal;
}
