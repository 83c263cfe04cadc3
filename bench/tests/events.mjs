import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { subscribers } from '../peers/event-subscribers.mjs';
import { fillQueue } from '../support/fill-queue.mjs';
import { startStopwatch } from '../support/stopwatch.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

// Jobs are added while so many subscribers of one process listen; it is over when each of them has heard of every job.
export async function measure(test, { peer, peerName, connection, probe, queueName }) {
  const producer = await peer.openProducer(connection, queueName);
  await fillQueue(producer, 200, 100);
  const before = await footprint(probe);
  let left = test.subscribers;
  let allHeard;
  const over = new Promise((resolve) => (allHeard = resolve));
  const onAdded = () => {
    let heard = 0;
    return () => {
      heard += 1;
      if (heard === test.jobs && --left === 0) allHeard();
    };
  };
  const open = await subscribers[peerName](connection, queueName, test.subscribers, onAdded);
  // Each reads from the moment when its first blocking read arrives.
  await delay(500 + test.subscribers);
  const after = await footprint(probe);

  const stopwatch = startStopwatch(probe);
  await fillQueue(producer, test.jobs, test.window);
  await over;
  const { wallUs, nodeUs, redisUs } = await stopwatch.stop();
  await open.close();
  await producer.close();
  const told = test.jobs * test.subscribers;
  return {
    jobs: test.jobs,
    subscribers: test.subscribers,
    ratePerSecond: (told * 1e6) / wallUs,
    nodeUsPerJob: nodeUs / told,
    redisUsPerJob: redisUs / told,
    connections: after.connections - before.connections,
    // Of a few, what else the process does meanwhile weighs more than they do.
    ...(test.subscribers < 100
      ? {}
      : { bytesPerSubscriber: (after.bytes - before.bytes) / test.subscribers }),
  };
}

async function footprint(probe) {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { bytes: heapUsed + external, connections: await probe.connectionCount() };
}
