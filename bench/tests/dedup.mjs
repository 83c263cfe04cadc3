import { payload } from '../support/payload.mjs';
import { perJob } from '../support/per-job.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

const options = { deduplication: { id: 'same' } };

// Adding again what waits already: nobody works on the queue, so every add but the first is stopped.
export async function measure(test, { peer, connection, probe, queueName }) {
  const producer = await peer.openProducer(connection, queueName);
  const add = (i) => producer.add(payload(i), options);
  await add(0);
  const addAll = async (jobs) => {
    for (let from = 1; from <= jobs; from += test.window) {
      const size = Math.min(test.window, jobs + 1 - from);
      await Promise.all(Array.from({ length: size }, (_, k) => add(from + k)));
    }
  };
  await addAll(test.warmUpJobs);
  const stopwatch = startStopwatch(probe);
  await addAll(test.jobs);
  const readings = await stopwatch.stop();

  const waiting = await producer.waitingCount();
  if (waiting !== 1) throw new Error(`${waiting} jobs wait instead of one`);
  await producer.close();
  return perJob(readings, test.jobs);
}
