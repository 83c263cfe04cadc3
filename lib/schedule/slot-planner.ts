import { asError } from '../job/job-failure.js';
import type { RepeatStrategy } from '../job/repeat-options.js';
import { NotRunnableError } from '../job/errors.js';
import type { Runtime } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import type { ScheduleStore, SchedulerRecord, SlotPlan } from '../store/schedule-store.js';
import { givenOf, type GivenSchedule } from './job-scheduler.js';
import { cronSlots, type SlotSource, strategySlots } from './slots.js';

const BATCH = 50;
/** More than this is enough for now. */
const FEW = 2;
const MOST_BY_DEFAULT = 100;

/** The script that takes the plan finds out that there is nothing to be planned. */
const planOfNone = (id: string): SlotPlan => ({
  record: {
    id,
    given: '',
    data: '',
    count: 0,
    slot: 0,
    job: '',
    paused: false,
    origin: '',
    revision: '',
    last: '',
    planned: 0,
    spreadMs: 0,
  },
  slots: [],
  complete: false,
  leftOut: 0,
});

/**
 * Plans further slots of schedulers that have few: scripts know no cron. What is missed here, by a process that dies, is seen by
 * the next look for stalled jobs of any worker.
 */
export class SlotPlanner extends Service {
  private readonly wanted = new Set<string>();
  private running: Promise<void> | undefined;

  constructor(
    runtime: Runtime,
    private readonly store: ScheduleStore,
    private readonly strategy: RepeatStrategy | undefined,
    private readonly failed: (error: Error) => void,
  ) {
    super(runtime);
  }

  /** Never rejects: what goes wrong goes to `failed`. */
  need(ids: readonly string[]): void {
    if (this.isStopped || ids.length === 0) {
      return;
    }
    ids.forEach((id) => this.wanted.add(id));
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Resolves once nothing is to be planned. */
  async idle(): Promise<void> {
    await this.running;
  }

  protected onStop(): Promise<void> | undefined {
    this.wanted.clear();
    return this.running;
  }

  /** Plans one scheduler now. */
  async plan(id: string): Promise<void> {
    await this.planAll([id]);
  }

  private async run(): Promise<void> {
    while (this.wanted.size > 0) {
      const ids = [...this.wanted].slice(0, BATCH);
      ids.forEach((id) => this.wanted.delete(id));
      try {
        await this.planAll(ids);
      } catch (error) {
        this.failed(asError(error));
      }
    }
  }

  private async planAll(ids: readonly string[]): Promise<void> {
    const { now, records, unreadable } = await this.store.read(ids);
    const plans: SlotPlan[] = unreadable.map(planOfNone);
    for (const record of records) {
      try {
        if (record.job === '' || record.planned <= FEW) {
          plans.push(await this.planOf(record, now));
        }
      } catch (error) {
        this.failed(asError(error));
      }
    }
    if (plans.length > 0) {
      await this.store.plan(plans);
    }
  }

  private async planOf(record: SchedulerRecord, now: number): Promise<SlotPlan> {
    const given = givenOf(record);
    if (given.repeat.pattern === undefined) {
      return { record, slots: [], complete: false, leftOut: 0 };
    }
    const source = this.sourceOf(record.id, given);
    const behind = now - record.spreadMs;
    const last = Math.max(Number(record.last), record.slot);
    if (last >= behind) {
      return { record, ...(await source.after(last)), leftOut: 0 };
    }
    const { missed = 'skip', atMost = MOST_BY_DEFAULT } = given.repeat;
    const most = missed === 'all' ? atMost : missed === 'last' ? 1 : 0;
    const passed = await source.passed(last, behind, most);
    const { slots, complete } = await source.after(Math.max(behind - 1, last, passed.slots.at(-1) ?? 0));
    return { record, slots: [...passed.slots, ...slots], complete, leftOut: passed.leftOut };
  }

  private sourceOf(id: string, { repeat, strategy, name }: GivenSchedule): SlotSource {
    if (!strategy) {
      return cronSlots(id, repeat);
    }
    if (!this.strategy) {
      throw new NotRunnableError(
        `Failed to add repeatable job for next iteration: the slots of the job scheduler ${id} come from a strategy: give ` +
          `settings.repeatStrategy to this worker too.`,
      );
    }
    return strategySlots(id, repeat, this.strategy, name);
  }
}
