import type { Codec } from '../job/codec.js';
import { applyDedupPolicy, checkDedupPolicy, type DedupPolicy } from '../job/dedup-policy.js';
import { InvalidOptionError } from '../job/errors.js';
import type { JobsOptions } from '../job/job-options.js';

/** Policies of a queue: one for all its jobs, or one for each of some job names. */
export type QueueDedup<D = any> = DedupPolicy<D> | { names: Record<string, DedupPolicy<D>> };

/** Finds the policy for a job that is added. */
export class DedupPolicies {
  private general: DedupPolicy | undefined;
  private readonly named = new Map<string, DedupPolicy>();

  constructor(
    private readonly queueName: string,
    private readonly codec?: Codec,
  ) {}

  /** Throws an `InvalidOptionError` for a policy that contradicts itself, or a second one for the same jobs. */
  use(policy: DedupPolicy, jobName?: string, from = 'option dedup'): void {
    const where = `deduplication (${from}, queue ${this.queueName})`;
    checkDedupPolicy(where, policy);
    const present = jobName === undefined ? this.general : this.named.get(jobName);
    if (present !== undefined && present !== policy) {
      const jobs = jobName === undefined ? 'all jobs' : `jobs named ${jobName}`;
      throw new InvalidOptionError(where, policy, `There is a policy for ${jobs} already: keep one of them.`);
    }
    if (jobName === undefined) {
      this.general = policy;
    } else {
      this.named.set(jobName, policy);
    }
  }

  useAll(dedup: QueueDedup): void {
    if ('names' in dedup) {
      for (const [name, policy] of Object.entries(dedup.names)) {
        this.use(policy, name);
      }
    } else {
      this.use(dedup);
    }
  }

  /** The options with what a policy adds; a job's own deduplication, and its own delay, go before it. */
  applyTo(own: JobsOptions | undefined, name: string, data: unknown): JobsOptions | undefined {
    const policy = this.named.get(name) ?? this.general;
    if (policy === undefined || own?.deduplication) {
      return own;
    }
    const given = Object.entries(own ?? {}).filter(([, value]) => value !== undefined);
    return { ...applyDedupPolicy(policy, name, data, this.codec), ...Object.fromEntries(given) };
  }
}
