import { expect, it } from '@jest/globals';
import { CodeSchedules, GONE_MS } from '../../lib/schedule/code-schedules.js';
import { ScheduleLab } from '../support/schedule-lab.js';

const HOUR = 3_600_000;
const MANY = 3000;
const lab = ScheduleLab.open(Date.UTC(2026, 2, 2, 12, 0, 0));

/** An application with so many schedules in its code. */
function application(count: number, removed: string[]) {
  const queue = lab.queue();
  const schedules = Array.from({ length: count }, (_, i) => ({
    ...{ id: `s${i}`, repeat: { every: HOUR, startDate: lab.start + HOUR } },
    ...{ template: {}, label: `Many.s${i}()` },
  }));
  const hooks = { madeByHand: () => {}, older: () => {}, removed: (id: string) => void removed.push(id) };
  return { queue, keep: () => new CodeSchedules(queue.store, queue.schedulers, schedules, hooks).keep() };
}

it('keeps more schedules of the code than one call takes, none of which another call of it removes', async () => {
  const removed: string[] = [];
  const { queue, keep } = application(MANY, removed);

  await keep();
  expect(await queue.getJobSchedulersCount()).toBe(MANY);
  // Nobody was heard of for longer than what is gone is kept.
  await lab.time.advance(GONE_MS + 1000);
  await keep();
  expect(removed).toEqual([]);
  expect(await queue.getJobSchedulersCount()).toBe(MANY);

  await lab.time.advance(GONE_MS + 1000);
  const next = application(MANY - 2, removed);
  await next.keep();
  expect(removed.toSorted()).toEqual([`s${MANY - 2}`, `s${MANY - 1}`]);
}, 120_000);
