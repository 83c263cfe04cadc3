import type { GroupOptions } from '../job/group.js';
import { checkSchedulerId } from '../job/check.js';
import {
  InvalidOptionError,
  NotRunnableError,
  UnknownLimitError,
  UnreadableValueError,
} from '../job/errors.js';
import { Job } from '../job/job.js';
import type { DefaultJobOptions } from '../job/job-options.js';
import { refuseUnknown } from '../job/known-names.js';
import type { RepeatOptions, RepeatStrategy } from '../job/repeat-options.js';
import type { UpsertSchedulerReply } from '../job/wire.generated.js';
import type { QueueStore } from '../store/queue-store.js';
import type { PlannedSlots, StoredSchedule } from '../store/schedule-store.js';
import { checkRepeat, dateOf } from './check-repeat.js';
import { type JobScheduler, type JobSchedulerTemplate, schedulerOf } from './job-scheduler.js';
import { JobSchedulerNotFoundError, SlotTakenError, UnreadableSchedulerError } from './scheduler-errors.js';
import { SlotPlanner } from './slot-planner.js';
import { cronSlots, strategySlots } from './slots.js';
import { storeSchedule } from './store-schedule.js';
import { checkTemplateTree } from './template-tree.js';

/** How far the clock of this process may be ahead of that of Redis until slots are planned twice. */
const SLACK_MS = 1000;
const TRIES = 10;
/** No slot takes more digits. */
const LONGEST_SLOT = 8_640_000_000_000_000;
const NO_SLOTS: PlannedSlots = { slots: [], complete: false };

/** What was made of a scheduler, or why not. */
type Upserted = Exclude<UpsertSchedulerReply, { word: 'again' | 'no-limit' }>;
type MadeJob = Extract<UpsertSchedulerReply, { word: 'ok' }>;

export interface JobSchedulersOptions<J extends Job = Job> {
  defaults?: DefaultJobOptions | undefined;
  strategy?: RepeatStrategy | undefined;
  /** Limits of a job that names none itself. */
  limitsOf?: ((data: any, name: any) => readonly string[] | undefined) | undefined;
  /** Group of a job that names none itself. */
  groupOf?: ((data: any, name: any) => GroupOptions | undefined) | undefined;
  /** Makes what names limits once they are there. */
  withLimits?: (<T>(attempt: () => Promise<T>) => Promise<T>) | undefined;
  /** Puts an upsert, by hand or by a decorator, into a span. */
  traced?:
    | ((id: string, jobName: string, upsert: () => Promise<J | undefined>) => Promise<J | undefined>)
    | undefined;
}

/** The job schedulers of one queue. */
export class JobSchedulers<J extends Job = Job> {
  constructor(
    private readonly store: QueueStore,
    private readonly options: JobSchedulersOptions<J> = {},
  ) {}

  /** @param origin fingerprint of the code that it comes from */
  async upsert(
    id: string,
    repeat: RepeatOptions,
    template: JobSchedulerTemplate = {},
    origin = '',
  ): Promise<J | undefined> {
    const upsert = (): Promise<J | undefined> => this.upsertNow(id, repeat, template, origin);
    const { traced } = this.options;
    return traced ? traced(id, template.name ?? id, upsert) : upsert();
  }

  private async upsertNow(
    id: string,
    repeat: RepeatOptions,
    template: JobSchedulerTemplate,
    origin: string,
  ): Promise<J | undefined> {
    const schedule = this.prepare(id, repeat, template, origin);
    const attempt = async (): Promise<Upserted> => {
      const reply = await this.send(schedule, repeat, template.name ?? id);
      if (reply.word === 'no-limit') {
        throw new UnknownLimitError(reply.name);
      }
      return reply;
    };
    const { withLimits } = this.options;
    const reply = await (withLimits ? withLimits(attempt) : attempt());
    if (reply.word === 'taken') {
      throw new SlotTakenError(id, repeat.every === undefined ? 'pattern' : 'every');
    }
    return reply.word === 'ok' ? this.jobIn(reply) : undefined;
  }

  /** Throws what `upsert` would throw before anything is written. */
  prepare(
    id: string,
    repeat: RepeatOptions,
    template: JobSchedulerTemplate = {},
    origin = '',
  ): StoredSchedule {
    checkSchedulerId(id);
    const { strategy, defaults, limitsOf, groupOf } = this.options;
    const { codec } = this.store.jobs;
    checkRepeat(repeat, strategy !== undefined, this.store.runtime.now());
    refuseUnknown('template.', template, ['name', 'data', 'opts', 'children']);
    if (template.children !== undefined) {
      const { prefix, queueName } = this.store;
      const slot = { prefix, queueName, id: `repeat:${id}:${LONGEST_SLOT}` };
      checkTemplateTree(template.children, slot, codec);
    }
    const hasStrategy = strategy !== undefined;
    return storeSchedule(id, repeat, template, { defaults, codec, hasStrategy, origin, limitsOf, groupOf });
  }

  /** Throws `UnreadableValueError` for one that was changed from outside. */
  async get<D>(id: string): Promise<JobScheduler<D> | undefined> {
    const { records, unreadable } = await this.store.schedules.read([id]);
    if (unreadable.length > 0) {
      throw new UnreadableSchedulerError(id);
    }
    return records[0] && schedulerOf<D>(records[0], this.store.jobs.codec);
  }

  /** Leaves out those that cannot be read. */
  async list<D>(start: number, end: number, asc: boolean): Promise<JobScheduler<D>[]> {
    const ids = await this.store.schedules.ids({ start, stop: end, descending: !asc });
    if (ids.length === 0) {
      return [];
    }
    const { records } = await this.store.schedules.read(ids);
    return records.flatMap((record) => {
      try {
        return [schedulerOf<D>(record, this.store.jobs.codec)];
      } catch (error) {
        // What the codec throws concerns all of them.
        if (error instanceof UnreadableValueError && error.cause === undefined) {
          return [];
        }
        throw error;
      }
    });
  }

  /** Returns whether there was one. */
  async remove(id: string): Promise<boolean> {
    return (await this.store.schedules.remove(id)) === 'ok';
  }

  /** Returns whether that changed anything. */
  async pause(id: string, paused: boolean): Promise<boolean> {
    const word = await this.store.schedules.pause(id, paused);
    this.refuse(word, id, paused ? 'pause' : 'resume');
    if (word === 'unplanned') {
      await this.planNow(id);
    }
    return word !== 'unchanged';
  }

  async runNow(id: string): Promise<J> {
    const reply = await this.store.schedules.run(id);
    if (reply.word === 'ok') {
      return this.jobIn(reply);
    }
    this.refuse(reply.word, id, 'run');
    throw new SlotTakenError(id, 'pattern');
  }

  private refuse(word: string, id: string, action: string): void {
    if (word === 'missing') {
      throw new JobSchedulerNotFoundError(id, action);
    }
    if (word === 'unreadable') {
      throw new UnreadableSchedulerError(id);
    }
  }

  private async planNow(id: string): Promise<void> {
    let failure: Error | undefined;
    const { runtime, schedules } = this.store;
    const failed = (error: Error): void => void (failure = error);
    await new SlotPlanner(runtime, schedules, this.options.strategy, failed).plan(id);
    if (failure) {
      throw failure;
    }
  }

  /** Slots are planned from the time of this process, and anew from that of Redis where it says so. */
  private async send(
    schedule: StoredSchedule,
    repeat: RepeatOptions,
    jobName: string,
  ): Promise<Exclude<UpsertSchedulerReply, { word: 'again' }>> {
    let from = Math.max(this.store.runtime.now() - SLACK_MS, 0);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const planned =
        repeat.every === undefined ? await this.slotsAfter(schedule.id, repeat, from, jobName) : NO_SLOTS;
      const reply = await this.store.schedules.upsert(schedule, from, planned);
      if (reply.word !== 'again') {
        return reply;
      }
      from = reply.time;
    }
    throw new NotRunnableError(
      `The slots of the job scheduler ${schedule.id} pass faster than they can be planned.`,
    );
  }

  private slotsAfter(
    id: string,
    repeat: RepeatOptions,
    from: number,
    jobName: string,
  ): Promise<PlannedSlots> {
    const { strategy } = this.options;
    const source = strategy ? strategySlots(id, repeat, strategy, jobName) : cronSlots(id, repeat);
    const { startDate } = repeat;
    return source.after(startDate === undefined ? from : Math.max(from, dateOf('startDate', startDate)));
  }

  private jobIn({ id, state, delay, priority, body }: MadeJob): J {
    const fields = { state, delay, ...(priority === '' ? {} : { priority }) };
    const job = Job.fromRecord<any, any, string, any>(this.store.jobs, { id, body, fields });
    if (job.unreadable) {
      throw new InvalidOptionError('reply', body, 'This is a fault of Stepwell: please report it.');
    }
    return job as unknown as J;
  }
}
