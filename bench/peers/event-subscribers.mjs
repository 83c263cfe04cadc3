// So many subscribers of one process, each with a listener of its own for new jobs, as each library would have it done: BullMQ
// has one `QueueEvents`, and so one connection, for each; with stepwell they subscribe to a stream of one.
export const subscribers = {
  async stepwell(connection, queueName, count, onAdded) {
    const { QueueEvents } = await import('stepwell/engine');
    const events = new QueueEvents(queueName, { connection });
    await events.waitUntilReady();
    for (let i = 0; i < count; i += 1) events.added$.subscribe(onAdded());
    return { close: () => events.close() };
  },

  async bullmq(connection, queueName, count, onAdded) {
    const { QueueEvents } = await import('bullmq');
    const all = Array.from({ length: count }, () => {
      const events = new QueueEvents(queueName, { connection });
      events.on('error', fail);
      events.on('added', onAdded());
      return events;
    });
    await Promise.all(all.map((events) => events.waitUntilReady()));
    return { close: () => Promise.all(all.map((events) => events.close())) };
  },
};

function fail(error) {
  console.error(error);
  process.exit(1);
}
