// The adapter for any library with BullMQ's API. BullMQ and stepwell share it, so that both are driven by the very same calls.
export function bullmqStyle({ Queue, Worker, FlowProducer }, settings) {
  return {
    async openProducer(connection, queueName) {
      const queue = new Queue(queueName, { connection });
      queue.on('error', fail);
      await queue.waitUntilReady();
      return {
        add: (payload, options) => queue.add('job', payload, options),
        addBulk: (payloads) => queue.addBulk(payloads.map((data) => ({ name: 'job', data }))),
        waitingCount: () => queue.getWaitingCount(),
        limitConcurrency: (most) => queue.setGlobalConcurrency(most),
        close: () => queue.close(),
      };
    },

    async openFlows(connection) {
      const flows = new FlowProducer({ connection });
      flows.on('error', fail);
      await flows.waitUntilReady();
      return flows;
    },

    async openScheduler(connection, queueName) {
      const queue = new Queue(queueName, { connection });
      queue.on('error', fail);
      await queue.waitUntilReady();
      return queue;
    },

    startWorker: (connection, queueName, options) =>
      startedWorker(Worker, connection, queueName, { ...options, settings }),

    // The documented pattern: the job's data says which step comes next, and is saved after each.
    startStepWorker: (connection, queueName, { stepsPerJob, step, ...options }) =>
      startedWorker(Worker, connection, queueName, {
        ...options,
        settings,
        handler: async (job) => {
          let result;
          for (let next = job.data.step ?? 0; next < stepsPerJob; next += 1) {
            result = await step();
            if (next + 1 < stepsPerJob) await job.updateData({ ...job.data, step: next + 1, result });
          }
          return result;
        },
      }),
  };
}

export async function startedWorker(
  Worker,
  connection,
  queueName,
  { concurrency, prefetch, handler, onCompleted, settings },
) {
  // Only stepwell has it; BullMQ takes no notice of what it does not know.
  const ahead = prefetch === undefined ? {} : { prefetch };
  const worker = new Worker(queueName, handler, { connection, concurrency, ...ahead, ...settings });
  worker.on('error', fail);
  worker.on('failed', (job, error) => fail(error));
  worker.on('completed', onCompleted);
  await worker.waitUntilReady();
  return { close: () => worker.close() };
}

// A figure measured past an error would be worthless: end the measurement instead.
function fail(error) {
  console.error(error);
  process.exit(1);
}
