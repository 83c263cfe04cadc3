import { fillQueue } from '../support/fill-queue.mjs';
import { payload } from '../support/payload.mjs';
import { perJob } from '../support/per-job.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

// Adding to a queue that nobody works on.
export async function measure(test, { peer, connection, probe, queueName }) {
  const producer = await peer.openProducer(connection, queueName);
  await producer.add(payload(0)); // so that the connection is up and scripts are loaded
  // Code that is not warm yet takes more of Node's time than all else.
  const { warmUpJobs = 0 } = test;
  await addBy[test.style](producer, { ...test, jobs: warmUpJobs });
  const stopwatch = startStopwatch(probe);
  await addBy[test.style](producer, test);
  const readings = await stopwatch.stop();

  const waiting = await producer.waitingCount();
  const added = test.jobs + warmUpJobs + 1;
  if (waiting !== added) throw new Error(`${waiting} jobs wait, ${added} were added`);
  await producer.close();
  return perJob(readings, test.jobs);
}

const addBy = {
  async serial(producer, { jobs }) {
    for (let i = 0; i < jobs; i++) await producer.add(payload(i));
  },

  async concurrent(producer, { jobs, window }) {
    for (let from = 0; from < jobs; from += window) {
      const size = Math.min(window, jobs - from);
      await Promise.all(Array.from({ length: size }, (_, k) => producer.add(payload(from + k))));
    }
  },

  bulk: (producer, { jobs, window }) => fillQueue(producer, jobs, window),
};
