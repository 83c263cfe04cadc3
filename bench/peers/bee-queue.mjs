import BeeQueue from 'bee-queue';
import { settings } from './settings.mjs';

export const peer = {
  async openProducer(connection, queueName) {
    const queue = await openQueue(connection, queueName, false);
    return {
      add: (payload) => queue.createJob(payload).save(),
      addBulk: (payloads) => saveAll(queue, payloads),
      waitingCount: async () => (await queue.checkHealth()).waiting,
      close: () => queue.close(),
    };
  },

  async startWorker(connection, queueName, { concurrency, handler, onCompleted }) {
    const queue = await openQueue(connection, queueName, true);
    queue.on('failed', (job, error) => fail(error));
    queue.on('succeeded', onCompleted);
    queue.process(concurrency, handler);
    return { close: () => queue.close() };
  },
};

async function openQueue(connection, queueName, isWorker) {
  const queue = new BeeQueue(queueName, { ...settings['bee-queue'], redis: { ...connection }, isWorker });
  queue.on('error', fail);
  await queue.ready();
  return queue;
}

// saveAll reports its errors in a map instead of rejecting.
async function saveAll(queue, payloads) {
  const errors = await queue.saveAll(payloads.map((payload) => queue.createJob(payload)));
  if (errors.size > 0) fail([...errors.values()][0]);
}

function fail(error) {
  console.error(error);
  process.exit(1);
}
