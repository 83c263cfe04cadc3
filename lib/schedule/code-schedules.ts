import type { Job } from '../job/job.js';
import type { RepeatOptions } from '../job/repeat-options.js';
import type { QueueStore } from '../store/queue-store.js';
import { fingerprintOf } from './hash-of.js';
import type { JobSchedulerTemplate } from './job-scheduler.js';
import type { JobSchedulers } from './job-schedulers.js';

/** A scheduler that an application has in its code. */
export interface CodeSchedule {
  id: string;
  repeat: RepeatOptions;
  template: JobSchedulerTemplate;
  /** Where it stands, such as `Reports.daily()`. */
  label: string;
}

/** Without a word for so long, no application that runs has a schedule in its code. */
export const GONE_MS = 90_000;

/** How many are made at a time. */
const AT_ONCE = 20;

/** What an application hears of its schedules. */
export interface CodeScheduleHooks {
  /** A scheduler of that id was made by hand, so that of the code has no effect. */
  madeByHand: (schedule: CodeSchedule) => void;
  /** Another application that runs has a newer definition. */
  older: (schedule: CodeSchedule) => void;
  removed: (id: string) => void;
}

/**
 * Makes the schedulers of one queue be what the code of this application says, beside others with an older or newer version of that
 * code. `keep` is to be called at the start and then again and again:
 *
 * - A definition that is new takes effect at once.
 * - One that another has replaced takes effect again when no application with the newer one was heard of for `GONE_MS`.
 * - A scheduler that is in nobody's code for as long is removed.
 * - One that was made by hand is left alone.
 */
export class CodeSchedules {
  private readonly origins: { id: string; origin: string }[];
  private begun = false;
  private readonly reported = new Set<string>();

  constructor(
    private readonly store: QueueStore,
    private readonly schedulers: JobSchedulers<Job>,
    private readonly schedules: readonly CodeSchedule[],
    private readonly hooks: CodeScheduleHooks,
  ) {
    this.origins = schedules.map(({ id, repeat, template }) => {
      const { immediately, ...stored } = schedulers.prepare(id, repeat, template);
      return { id, origin: fingerprintOf(JSON.stringify({ ...stored, immediately })) };
    });
  }

  /** Returns whether there is anything to be kept. */
  async keep(): Promise<boolean> {
    const { count, words, removed } = await this.store.schedules.keep(this.origins, GONE_MS, !this.begun);
    const wanted = this.schedules.map((_, i) => i).filter((i) => words[i] === 'make');
    for (let first = 0; first < wanted.length; first += AT_ONCE) {
      await Promise.all(wanted.slice(first, first + AT_ONCE).map((i) => this.make(i)));
    }
    this.schedules.forEach((schedule, i) => this.report(words[i] ?? '', schedule));
    this.begun = true;
    removed.forEach(this.hooks.removed);
    return count > 0 || this.schedules.length > 0;
  }

  private async make(i: number): Promise<void> {
    const { id, repeat, template } = this.schedules[i]!;
    await this.schedulers.upsert(id, repeat, template, this.origins[i]!.origin);
  }

  /** What stays as it is, is reported once. */
  private report(word: string, schedule: CodeSchedule): void {
    const key = `${word} ${schedule.id}`;
    if (this.reported.has(key)) {
      return;
    }
    if (word === 'hand' || word === 'older') {
      this.reported.add(key);
      this.hooks[word === 'hand' ? 'madeByHand' : 'older'](schedule);
    }
  }
}
