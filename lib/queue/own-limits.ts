import { UnknownLimitError } from '../job/errors.js';
import type { LimitOptions } from '../job/limit.js';

/** The limits that a queue's options define: set when it is made, and again where they are there no longer. */
export class OwnLimits {
  private setting: Promise<void> | undefined;

  /**
   * @param set sets a limit; `keep` leaves one alone that is there
   * @param failed is called where that fails: adds that name a limit which is not there fail for that
   */
  constructor(
    private readonly limits: Readonly<Record<string, LimitOptions>>,
    private readonly set: (name: string, limit: LimitOptions, keep: boolean) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {
    this.setting = this.setAll(false);
  }

  /** Adds a job once the limits are set. Where one of them has gone, as from an obliterated queue, all are set and it tries again. */
  async add<T>(attempt: () => Promise<T>): Promise<T> {
    await this.setting;
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnknownLimitError && Object.hasOwn(this.limits, error.limit))) {
        throw error;
      }
      this.setting ??= this.setAll(true);
      await this.setting;
      return attempt();
    }
  }

  private async setAll(keep: boolean): Promise<void> {
    try {
      for (const [name, limit] of Object.entries(this.limits)) {
        await this.set(name, limit, keep);
      }
    } catch (error) {
      this.failed(error);
    }
    this.setting = undefined;
  }
}
