import type { Queue } from '../../lib/engine.js';
import type { Random } from '../simulation/random.js';

/** Of schedulers that nobody changes: every slot of theirs is to run, whatever happens. */
export const STEADY = { steady: 2000, cron: 5000 } as const;

/** The schedulers that users have: some are the same whoever says so, others are changed all the time. */
export class Timetable {
  private hasCron = false;

  constructor(private readonly random: Random) {}

  change(queue: Queue): Promise<unknown> {
    const { random } = this;
    if (!this.hasCron) {
      // A pattern is computed anew when it is upserted, and what is overdue then is left out.
      this.hasCron = true;
      const options = { pattern: '*/5 * * * * *', tz: 'UTC', missed: 'all', atMost: 1000 } as const;
      return queue.upsertJobScheduler('cron', options);
    }
    return random.weighted<() => Promise<unknown>>([
      [4, () => queue.upsertJobScheduler('steady', { every: STEADY.steady, missed: 'all', atMost: 1000 })],
      [4, () => this.upsert(queue)],
      [1, () => queue.removeJobScheduler('loose')],
      [1, () => this.ifThere(queue, () => queue.pauseJobScheduler('loose'))],
      [2, () => this.ifThere(queue, () => queue.resumeJobScheduler('loose'))],
      [1, () => this.ifThere(queue, () => queue.runJobSchedulerNow('loose'))],
    ])();
  }

  private upsert(queue: Queue): Promise<unknown> {
    const { random } = this;
    const when = random.chance(0.5)
      ? { every: random.pick([100, 700, 3000]) }
      : { pattern: random.pick(['* * * * * *', '*/3 * * * * *']), tz: 'UTC' };
    return queue.upsertJobScheduler('loose', {
      ...when,
      missed: random.pick(['skip', 'last', 'all'] as const),
      overlap: random.pick(['allow', 'skip', 'queue'] as const),
      ...(random.chance(0.2) ? { limit: random.int(0, 3) } : {}),
      ...(random.chance(0.2) ? { jitter: 50 } : {}),
    });
  }

  private async ifThere(queue: Queue, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: Error) => {
      if (error.name !== 'JobSchedulerNotFoundError') throw error;
    });
  }
}
