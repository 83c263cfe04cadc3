import { checkInteger, checkLimitName, checkNumber } from '../job/check.js';
import { LimitNotFoundError, TooManyLimitsError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { checkLimit, checkRate, type LimitOptions, type LimitState, type RateLimit } from '../job/limit.js';
import { QueueControl } from './queue-control.js';
import type { QueueMeta } from './queue-reports.js';

/**
 * What limits the starts of a queue's jobs, over all workers in all processes. A change holds from the next start on; jobs that it lets
 * start, start at once. Running jobs are never stopped by it.
 */
export class QueueLimits<J extends Job = Job> extends QueueControl<J> {
  /** Lets at most so many jobs of the queue run at the same time, whatever the number of workers. */
  async setGlobalConcurrency(concurrency: number): Promise<void> {
    checkInteger('concurrency', concurrency, 1);
    await this.store.limits.setConcurrency(concurrency);
  }

  /** Null where there is none. */
  async getGlobalConcurrency(): Promise<number | null> {
    return (await this.store.limits.read([''])).concurrency ?? null;
  }

  async removeGlobalConcurrency(): Promise<void> {
    await this.store.limits.setConcurrency(0);
  }

  /** Whether as many jobs run as the global concurrency allows. */
  async isMaxed(): Promise<boolean> {
    const { concurrency, active } = await this.store.limits.read(['']);
    return concurrency !== undefined && active >= concurrency;
  }

  /**
   * Lets at most `max` jobs start in a window of `duration` milliseconds, which opens at its first start. It goes before the
   * `limiter.max` of workers; a worker's `limiter.duration` goes before the one given here.
   */
  async setGlobalRateLimit(max: number, duration: number): Promise<void> {
    checkRate('', max, duration);
    await this.store.limits.setRate(max, duration);
  }

  /** Null where there is none. */
  async getGlobalRateLimit(): Promise<RateLimit | null> {
    return (await this.store.limits.read([''])).rate ?? null;
  }

  async removeGlobalRateLimit(): Promise<void> {
    await this.store.limits.setRate(0, 0);
  }

  /** Settings of the queue, its own limits among them. */
  override async getMeta(): Promise<QueueMeta> {
    const [meta, { concurrency, rate }] = await Promise.all([super.getMeta(), this.store.limits.read([''])]);
    return { ...meta, ...(concurrency === undefined ? {} : { concurrency }), ...rate };
  }

  /** Lets no job of the queue start for that many milliseconds. */
  async rateLimit(durationMs: number): Promise<void> {
    checkNumber('durationMs', durationMs, 1);
    await this.store.limits.close(Math.ceil(durationMs));
  }

  /** Lifts the rate limit that holds now. Returns 1, or 0 where there was none. */
  async removeRateLimitKey(): Promise<number> {
    return (await this.store.limits.close(0)) === 'ok' ? 1 : 0;
  }

  /**
   * Milliseconds until jobs may start again; 0 when no rate limit holds them back.
   * @param maxJobs starts a window, default those of the global rate limit; without any, what is left of the window
   */
  async getRateLimitTtl(maxJobs?: number): Promise<number> {
    const { started, leftMs } = await this.store.inspect.getRateLimit();
    if (started === 'closed') {
      return leftMs;
    }
    const max = maxJobs ?? (await this.store.limits.read([''])).rate?.max;
    return max === undefined || started >= max ? leftMs : 0;
  }

  /**
   * Sets a limit that jobs may name in their option `limits`. One that is there takes the new numbers, and goes on counting. Throws
   * `TooManyLimitsError` where the queue has 1000. A `shared` one is set for all queues that share it.
   *
   * @example
   * await orders.setLimit('stripe', { concurrency: 5, max: 100, duration: 1000 });
   * await orders.add('charge', order, { limits: ['stripe'] });
   */
  async setLimit(name: string, limit: LimitOptions): Promise<void> {
    checkLimitName('limit name', name);
    checkLimit('limit', limit);
    await this.whenOwnLimitsSet();
    await this.storeLimit(name, limit);
  }

  /** @internal The limits of the queue's options are on their way when the object is made: what is asked of limits comes after them. Never rejects. */
  protected async whenOwnLimitsSet(): Promise<void> {}

  /** @internal */
  protected async storeLimit(name: string, limit: LimitOptions, keep = false): Promise<void> {
    if (limit.shared) {
      await this.store.homeOfLimit(name).set(name, limit, keep);
    }
    if ((await this.store.limits.set(name, limit, keep)) === 'too-many') {
      throw new TooManyLimitsError(name);
    }
  }

  /**
   * Removes a limit: what waits for it may start at once. Returns false where there was none. One that queues share is removed from this
   * queue alone.
   */
  async removeLimit(name: string): Promise<boolean> {
    checkLimitName('limit name', name);
    await this.whenOwnLimitsSet();
    return (await this.store.limits.remove(name)) === 'ok';
  }

  /**
   * Lets no further job start that names the limit. Returns false where it was paused; throws `LimitNotFoundError`. One that queues share is
   * paused for all of them, in others within a second.
   */
  pauseLimit(name: string): Promise<boolean> {
    return this.changeLimit(name, true);
  }

  /** Returns false where it was not paused; throws `LimitNotFoundError`. */
  resumeLimit(name: string): Promise<boolean> {
    return this.changeLimit(name, false);
  }

  /** Undefined where nobody has defined it and no job waits for it. */
  async getLimit(name: string): Promise<LimitState | undefined> {
    checkLimitName('limit name', name);
    await this.whenOwnLimitsSet();
    const [limit] = (await this.store.limits.read([name])).named;
    return limit && (limit.isDefined || limit.waiting > 0) ? limit : undefined;
  }

  /** All limits that jobs may name, by name, and those that jobs wait for although nobody has defined them. */
  async getLimits(): Promise<LimitState[]> {
    await this.whenOwnLimitsSet();
    return (await this.store.limits.read()).named;
  }

  private async changeLimit(name: string, paused: boolean): Promise<boolean> {
    checkLimitName('limit name', name);
    await this.whenOwnLimitsSet();
    const word = await this.store.limits.pause(name, paused);
    if (word === 'missing') {
      throw new LimitNotFoundError(name, paused ? 'pause' : 'resume');
    }
    const isShared = (await this.getLimit(name))?.shared;
    return (isShared ? await this.store.homeOfLimit(name).pause(name, paused) : word) === 'ok';
  }
}
