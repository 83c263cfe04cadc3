// The adapter for any library with BullMQ's API. BullMQ and stepwell share it, so that both are driven by the very same calls.
export function bullmqStyle({ Queue, Worker }, settings) {
  return {
    async openProducer(connection, queueName) {
      const queue = new Queue(queueName, { connection });
      queue.on('error', fail);
      await queue.waitUntilReady();
      return {
        add: (payload, options) => queue.add('job', payload, options),
        addBulk: (payloads) => queue.addBulk(payloads.map((data) => ({ name: 'job', data }))),
        waitingCount: () => queue.getWaitingCount(),
        close: () => queue.close(),
      };
    },

    async startWorker(connection, queueName, { concurrency, handler, onCompleted }) {
      const worker = new Worker(queueName, handler, { connection, concurrency, ...settings });
      worker.on('error', fail);
      worker.on('failed', (job, error) => fail(error));
      worker.on('completed', onCompleted);
      await worker.waitUntilReady();
      return { close: () => worker.close() };
    },
  };
}

// A figure measured past an error would be worthless: end the measurement instead.
function fail(error) {
  console.error(error);
  process.exit(1);
}
