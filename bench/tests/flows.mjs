import { payload } from '../support/payload.mjs';
import { perJob } from '../support/per-job.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

// Adds parents with children in another queue while workers of both are there. The clock runs from the last warm-up
// parent's end to the last parent's.
export async function measure(test, { peer, connection, probe, queueName }) {
  const total = test.jobs + test.warmUpJobs;
  const childQueue = `${queueName}-children`;
  let completed = 0;
  let childrenRan = 0;
  let stopwatch;
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const parents = await peer.startWorker(connection, queueName, {
    concurrency: test.concurrency,
    handler: async (job) => Object.keys(await job.getChildrenValues()).length,
    onCompleted(job, values) {
      if (values !== test.children) throw new Error(`a parent saw ${values} children`);
      completed += 1;
      if (completed === test.warmUpJobs) stopwatch = startStopwatch(probe);
      else if (completed === total) finish(stopwatch.stop());
    },
  });
  const children = await peer.startWorker(connection, childQueue, {
    concurrency: test.concurrency,
    handler: async () => (childrenRan += 1),
    onCompleted() {},
  });
  const flows = await peer.openFlows(connection);
  const add = (i) =>
    flows.add({
      name: 'parent',
      queueName,
      data: payload(i),
      children: Array.from({ length: test.children }, (_, n) => ({
        name: 'child',
        queueName: childQueue,
        data: payload(n),
      })),
    });
  for (let from = 0; from < total; from += test.window) {
    const size = Math.min(test.window, total - from);
    await Promise.all(Array.from({ length: size }, (_, k) => add(from + k)));
  }
  const readings = await finished;
  await Promise.all([flows.close(), parents.close(), children.close()]);
  if (childrenRan !== total * test.children) throw new Error(`${childrenRan} children ran`);
  return perJob(readings, test.jobs);
}
