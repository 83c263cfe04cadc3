import { perJob } from '../support/per-job.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

const AT_ONCE = 500;
const HOUR_MS = 3_600_000;

// Slots that fire, each of which brings the next one: schedulers whose slots are always due, beside others that wait for hours.
// The clock runs from the last warm-up job's 'completed' event to the last job's.
export async function measure(test, { peer, connection, probe, queueName }) {
  const total = test.jobs + test.warmUpJobs;
  const queue = await peer.openScheduler(connection, queueName);
  const before = await probe.usedMemory();
  const later = { every: HOUR_MS, startDate: Date.now() + HOUR_MS };
  for (let first = 0; first < test.idle; first += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, test.idle - first) }, (_, i) => `idle-${first + i}`);
    await Promise.all(ids.map((id) => queue.upsertJobScheduler(id, later)));
  }
  const bytesPerScheduler = test.idle > 0 ? ((await probe.usedMemory()) - before) / test.idle : 0;
  for (let i = 0; i < test.firing; i += 1) {
    await queue.upsertJobScheduler(`fire-${i}`, { every: 10 }, { opts: { removeOnComplete: true } });
  }

  let completed = 0;
  let stopwatch;
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const worker = await peer.startWorker(connection, queueName, {
    concurrency: test.concurrency,
    handler: async () => 1,
    onCompleted() {
      completed += 1;
      if (completed === test.warmUpJobs) stopwatch = startStopwatch(probe);
      else if (completed === total) finish(stopwatch.stop());
    },
  });
  const readings = await finished;
  await worker.close();
  await queue.close();
  return { ...perJob(readings, test.jobs), bytesPerScheduler };
}
