import { fillQueue } from '../support/fill-queue.mjs';
import { perJob } from '../support/per-job.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

// Working off a full queue. The clock runs from the last warm-up job's 'completed' event to the last job's.
export async function measure(test, { peer, connection, probe, queueName }) {
  const total = test.jobs + test.warmUpJobs;
  const producer = await peer.openProducer(connection, queueName);
  if (test.globalConcurrency) await producer.limitConcurrency(test.globalConcurrency);
  await fillQueue(producer, total);
  await producer.close();

  let completed = 0;
  let stopwatch;
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const worker = await peer.startWorker(connection, queueName, {
    concurrency: test.concurrency,
    prefetch: test.prefetch,
    handler: async () => 1,
    onCompleted() {
      completed += 1;
      if (completed === test.warmUpJobs) stopwatch = startStopwatch(probe);
      else if (completed === total) finish(stopwatch.stop());
    },
  });
  const readings = await finished;
  await worker.close();
  return { ...perJob(readings, test.jobs), keysLeft: await probe.keyCount() };
}
