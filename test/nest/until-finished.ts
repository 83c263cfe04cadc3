import { setTimeout as pause } from 'node:timers/promises';
import type { Job, Queue } from 'stepwell';

/** The job once it has completed or failed for good. */
export async function untilFinished(queue: Queue, id: string, withinMs = 10_000): Promise<Job> {
  const deadlineMs = Date.now() + withinMs;
  while (Date.now() < deadlineMs) {
    const job = await queue.getJob(id);
    if (job?.finishedOn !== undefined) return job;
    await pause(10);
  }
  throw new Error(`Job ${id} did not finish within ${withinMs} ms`);
}
