import { addAtRate } from '../support/add-at-rate.mjs';
import { monotonicUs } from '../support/monotonic-us.mjs';
import { perJob } from '../support/per-job.mjs';
import { startProducerProcess } from '../support/producer-process.mjs';
import { quantile } from '../support/statistics.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

// From just before add() to the start of the handler, at a steady rate far below what the peer can do.
// Node's CPU time is this process's: that of a producer in its own process is not in it.
export async function measure(test, context) {
  const warmUpJobs = test.jobsPerSecond * test.warmUpSeconds;
  const jobs = test.jobsPerSecond * test.seconds;
  const latencies = [];
  let stopwatch;
  let completed = 0;
  let allCompleted;
  const done = new Promise((resolve) => (allCompleted = resolve));

  const worker = await context.peer.startWorker(context.connection, context.queueName, {
    concurrency: test.concurrency,
    handler: async (job) => {
      const latencyUs = monotonicUs() - job.data.addedUs;
      if (job.data.i >= warmUpJobs) latencies.push(latencyUs / 1_000);
      else if (job.data.i === warmUpJobs - 1) stopwatch = startStopwatch(context.probe);
      return 1;
    },
    onCompleted: () => {
      completed += 1;
      if (completed === warmUpJobs + jobs) allCompleted();
    },
  });

  const plan = { ...test, jobs: warmUpJobs + jobs };
  const producer = await producerOf[test.producerProcess](plan, context);
  await done;
  const readings = await stopwatch.stop();
  await producer.close();
  await worker.close();
  return { ...perJob(readings, jobs), p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) };

  function at(fraction) {
    return quantile(latencies, fraction);
  }
}

const producerOf = {
  async same(plan, { peer, connection, queueName }) {
    const producer = await peer.openProducer(connection, queueName);
    await addAtRate(producer, plan);
    return producer;
  },
  own: (plan, context) => startProducerProcess(plan, context),
};
