import { defineSteps, sleep } from 'stepwell/engine';
import type { TimeLab } from './time-lab.js';

/** A workflow of three days that crashes twice and is tried again after a backoff; returns what it did when, then what was heard of it. */
export async function threeDays(lab: TimeLab): Promise<string[]> {
  const time = await lab.travel();
  const trace: string[] = [];
  // On its own way here: what comes first of an event and of what follows it, nobody can say.
  const heard: string[] = [];
  const note = (what: string, list = trace): void => void list.push(`${lab.elapsedMs} ${what}`);
  let refusals = 1;
  const queue = lab.queue();
  const events = await lab.events();
  events.all$.subscribe((event) =>
    note('jobId' in event ? `${event.event} ${event.jobId}` : event.event, heard),
  );
  lab.worker(
    defineSteps({
      reserve: () => note('- reserve'),
      charge: {
        attempts: 3,
        backoff: { type: 'exponential', delay: 60_000, jitter: 0.5 },
        run: () => {
          note('- charge');
          if (refusals-- > 0) throw new Error('The bank is closed.');
        },
      },
      rest: () => sleep(3 * 24 * 3600_000),
      ship: () => note('- ship'),
    }),
  );
  time.crash('after the effect of charge');
  time.crash('before ship');
  const job = await queue.add('order', {});
  await time.runUntilIdle();
  note(await job.getState());
  await lab.close();
  return [...heard, ...trace];
}
