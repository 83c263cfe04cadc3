import { setTimeout as delay } from 'node:timers/promises';
import { fillQueue } from '../support/fill-queue.mjs';

// What Redis holds for a waiting job: everything the peer writes for it, its event stream included.
export async function measure(test, { peer, connection, probe, queueName }) {
  const before = await probe.usedMemory();
  const producer = await peer.openProducer(connection, queueName);
  await fillQueue(producer, test.jobs, test.window);
  const waiting = await producer.waitingCount();
  if (waiting !== test.jobs) throw new Error(`${waiting} jobs wait, ${test.jobs} were added`);
  await producer.close();
  await delay(200); // until Redis has freed the closed connection's buffers
  const after = await probe.usedMemory();
  return { jobs: test.jobs, bytesPerJob: (after - before) / test.jobs };
}
