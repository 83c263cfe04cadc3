import { isDeepStrictEqual } from 'node:util';
import { InvalidOptionError, UnknownLimitError } from '../job/errors.js';
import { checkLimit, type LimitOptions } from '../job/limit.js';

/** Gives the limits of a job by its data; undefined for none. */
export type LimitsOf<D = any> = (data: D, name: string) => readonly string[] | undefined;

interface Definition {
  limit: LimitOptions;
  from: string;
}

/**
 * The limits that an application defines for a queue, and those that its jobs name by their data. What is defined is set at once, and
 * again where it is there no longer.
 */
export class OwnLimits {
  private readonly definitions = new Map<string, Definition>();
  private general: LimitsOf | undefined;
  private readonly named = new Map<string, LimitsOf>();
  private setting: Promise<void> | undefined;

  /**
   * @param set sets a limit; `keep` leaves one alone that is there
   * @param failed is called where that fails: adds that name a limit which is not there fail for that
   */
  constructor(
    private readonly set: (name: string, limit: LimitOptions, keep: boolean) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Throws an `InvalidOptionError` where another place defines it with other numbers. */
  define(name: string, limit: LimitOptions, from: string): void {
    checkLimit(`limit ${name} (${from})`, limit);
    const present = this.definitions.get(name);
    if (present && !isDeepStrictEqual(present.limit, limit)) {
      throw new InvalidOptionError(
        `limit ${name} (${from})`,
        limit,
        `It is defined otherwise by ${present.from}: define it in one place.`,
      );
    }
    this.definitions.set(name, { limit, from });
    if (!present) {
      this.begin([[name, { limit, from }]], false);
    }
  }

  /** Throws an `InvalidOptionError` for a second function for the same jobs. */
  use(limitsOf: LimitsOf, jobName: string | undefined, from: string): void {
    const present = jobName === undefined ? this.general : this.named.get(jobName);
    if (present) {
      const jobs = jobName === undefined ? 'all jobs' : `jobs named ${jobName}`;
      throw new InvalidOptionError(`limits (${from})`, limitsOf, `The limits of ${jobs} are given already.`);
    }
    if (jobName === undefined) {
      this.general = limitsOf;
    } else {
      this.named.set(jobName, limitsOf);
    }
  }

  /** The limits of a job that names none itself. */
  namesOf(name: string, data: unknown): readonly string[] | undefined {
    const names = (this.named.get(name) ?? this.general)?.(data, name);
    return names && names.length > 0 ? names : undefined;
  }

  /** Adds a job once the limits are set. Where one of them has gone, as from an obliterated queue, all are set and it tries again. */
  async add<T>(attempt: () => Promise<T>): Promise<T> {
    await this.setting;
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnknownLimitError && this.definitions.has(error.limit))) {
        throw error;
      }
      await (this.setting ?? this.begin([...this.definitions], true));
      return attempt();
    }
  }

  /** Resolves when what is defined is set, or was tried in vain. */
  async whenSet(): Promise<void> {
    await this.setting;
  }

  private begin(definitions: [string, Definition][], keep: boolean): Promise<void> {
    const before = this.setting;
    const setting = this.setAll(before, definitions, keep).then(() => {
      if (this.setting === setting) {
        this.setting = undefined;
      }
    });
    this.setting = setting;
    return setting;
  }

  /** Never rejects. */
  private async setAll(
    before: Promise<void> | undefined,
    definitions: [string, Definition][],
    keep: boolean,
  ): Promise<void> {
    await before;
    try {
      for (const [name, { limit }] of definitions) {
        await this.set(name, limit, keep);
      }
    } catch (error) {
      this.failed(error);
    }
  }
}
