import { describe, expect, it } from '@jest/globals';
import { SlotPlanner } from '../../lib/schedule/slot-planner.js';
import type { ScheduleStore, SchedulerRecord, SlotPlan } from '../../lib/store/schedule-store.js';
import { OpenCalls, settled, StillTime } from '../support/still-time.js';

const NOW = Date.UTC(2030, 0, 1, 0, 0, 30);
const MINUTE_MS = 60_000;

/** A scheduler of each minute, as the store gives it. */
const scheduler = (id: string, more: Partial<SchedulerRecord> = {}): SchedulerRecord =>
  ({
    id,
    job: `repeat:${id}:${NOW - 30_000}`,
    slot: NOW - 30_000,
    planned: 0,
    last: String(NOW - 30_000),
    spreadMs: 0,
    given: JSON.stringify({ repeat: { pattern: '* * * * *' }, name: 'tick' }),
    ...more,
  }) as SchedulerRecord;

interface Read {
  now: number;
  records: SchedulerRecord[];
  unreadable: string[];
}

const read = (...records: SchedulerRecord[]): Read => ({ now: NOW, records, unreadable: [] });

/** A planner whose reads a test answers. */
class Planning {
  readonly reads = new OpenCalls<readonly string[], Read>();
  readonly plans: SlotPlan[][] = [];
  readonly failures: Error[] = [];
  readonly planner = new SlotPlanner(
    new StillTime().runtime,
    {
      read: this.reads.call,
      plan: async (plans: SlotPlan[]) => void this.plans.push(plans),
    } as unknown as ScheduleStore,
    undefined,
    (error) => void this.failures.push(error),
  );
}

describe('a slot planner', () => {
  it('plans the slots that follow the last one', async () => {
    const { planner, reads, plans } = new Planning();
    planner.need(['a']);
    await reads.last.answer(read(scheduler('a')));
    await planner.idle();

    const [first, second] = plans[0]![0]!.slots;
    expect([first, second]).toEqual([NOW + 30_000, NOW + 30_000 + MINUTE_MS]);
  });

  it('plans on from the last slot that is planned, not from the current one', async () => {
    const { planner, reads, plans } = new Planning();
    planner.need(['a']);
    await reads.last.answer(read(scheduler('a', { planned: 1, last: String(NOW + 30_000) })));
    await planner.idle();

    expect(plans[0]![0]!.slots[0]).toBe(NOW + 30_000 + MINUTE_MS);
  });

  it.each([
    ['skip', [], 3],
    ['last', [-30_000], 2],
    ['all', [-150_000, -90_000, -30_000], 0],
  ])('plans of slots that passed what missed says: %s', async (missed, slots, leftOut) => {
    const { planner, reads, plans } = new Planning();
    const repeat = { pattern: '* * * * *', missed };
    const past = {
      slot: NOW - 210_000,
      last: String(NOW - 210_000),
      given: JSON.stringify({ repeat, name: 'tick' }),
    };
    planner.need(['a']);
    await reads.last.answer(read(scheduler('a', past)));
    await planner.idle();

    const plan = plans[0]![0]!;
    expect(plan.slots.filter((slot) => slot < NOW).map((slot) => slot - NOW)).toEqual(slots);
    expect(plan.slots[slots.length]).toBe(NOW + 30_000);
    expect(plan.leftOut).toBe(leftOut);
  });

  it('reads once for all that are asked for while it reads, and each but once', async () => {
    const { planner, reads } = new Planning();
    planner.need(['a']);
    planner.need(['b', 'c']);
    planner.need(['c']);
    expect(reads.made.map(({ args }) => args)).toEqual([['a']]);
    await reads.last.answer(read());

    expect(reads.last.args).toEqual(['b', 'c']);
    await reads.last.answer(read());
    await planner.idle();
    expect(reads.made).toHaveLength(2);
  });

  it('leaves one alone that another process has planned for meanwhile', async () => {
    const { planner, reads, plans } = new Planning();
    planner.need(['a']);
    await reads.last.answer(read(scheduler('a', { planned: 20 })));
    await planner.idle();

    expect(plans).toEqual([]);
  });

  it('plans the others where one cannot be read, and says so', async () => {
    const { planner, reads, plans, failures } = new Planning();
    planner.need(['bad', 'good']);
    await reads.last.answer(
      read(scheduler('bad', { given: '{"repeat":{"pattern":"no"}}' }), scheduler('good')),
    );
    await planner.idle();

    expect(plans[0]!.map(({ record }) => record.id)).toEqual(['good']);
    expect(failures).toHaveLength(1);
  });

  it('says which worker lacks the strategy that slots come from', async () => {
    const { planner, reads, plans, failures } = new Planning();
    planner.need(['a']);
    const given = JSON.stringify({ repeat: { pattern: 'mine' }, strategy: true, name: 'tick' });
    await reads.last.answer(read(scheduler('a', { given })));
    await planner.idle();

    expect(plans).toEqual([]);
    expect(failures[0]!.message).toContain('settings.repeatStrategy');
  });

  it('survives a store that refuses, and plans what is asked for later', async () => {
    const { planner, reads, plans, failures } = new Planning();
    planner.need(['a']);
    await reads.last.fail(new Error('refused'));
    await planner.idle();
    expect(failures).toEqual([new Error('refused')]);

    planner.need(['a']);
    await reads.last.answer(read(scheduler('a')));
    await planner.idle();

    expect(plans).toHaveLength(1);
  });

  it('lets its stop wait for what it plans, and plans nothing after it', async () => {
    const { planner, reads, plans } = new Planning();
    planner.need(['a']);
    planner.need(['b']);
    let stopped = false;
    const stop = planner.stop().then(() => (stopped = true));
    await settled();
    expect(stopped).toBe(false);

    await reads.last.answer(read(scheduler('a')));
    await stop;
    planner.need(['c']);

    expect(reads.made).toHaveLength(1);
    expect(plans).toHaveLength(1);
  });
});
