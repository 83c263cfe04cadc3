import { payload } from '../support/payload.mjs';
import { perJob } from '../support/per-job.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

// Adds parents with children in another queue, or in their own, while workers are there. The clock runs from the last warm-up
// parent's end to the last parent's. In their own queue children stand in line before parents that were added sooner, so at most two
// windows of parents are under way: else most of the work would be done before the first parent ends.
export async function measure(test, { peer, connection, probe, queueName }) {
  const total = test.jobs + test.warmUpJobs;
  const childQueue = test.oneQueue ? queueName : `${queueName}-children`;
  let completed = 0;
  let childrenRan = 0;
  let stopwatch;
  let finish;
  let goOn;
  const finished = new Promise((resolve) => (finish = resolve));
  const run = async (job) =>
    job.name === 'child' ? (childrenRan += 1) : Object.keys(await job.getChildrenValues()).length;
  const parents = await peer.startWorker(connection, queueName, {
    concurrency: test.concurrency,
    handler: run,
    onCompleted(job, values) {
      if (job.name === 'child') return;
      if (values !== test.children) throw new Error(`a parent saw ${values} children`);
      completed += 1;
      goOn?.();
      if (completed === test.warmUpJobs) stopwatch = startStopwatch(probe);
      else if (completed === total) finish(stopwatch.stop());
    },
  });
  const children = test.oneQueue
    ? undefined
    : await peer.startWorker(connection, childQueue, {
        concurrency: test.concurrency,
        handler: run,
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
    while (test.oneQueue && from - completed > test.window) await new Promise((resolve) => (goOn = resolve));
    await Promise.all(Array.from({ length: size }, (_, k) => add(from + k)));
  }
  const readings = await finished;
  await Promise.all([flows.close(), parents.close(), children?.close()]);
  if (childrenRan !== total * test.children) throw new Error(`${childrenRan} children ran`);
  return perJob(readings, test.jobs);
}
