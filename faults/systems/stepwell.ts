import {
  FlowProducer,
  type JobsOptions,
  Queue,
  QueueEvents,
  StepwellError,
  Worker,
} from '../../lib/engine.js';
import { toConnection } from './address-to-connection.js';
import { CHILD_KEYS, type LoadJob, type System } from './system.js';

const PREFIX = 'faults';

/** Stepwell with its defaults, but for the locks, which rows set alike for all. */
export const stepwell: System = {
  name: 'stepwell',

  async openProducer(address, name, onError, { waitsForReplica }) {
    const connection = toConnection(address);
    const durability = waitsForReplica ? { durability: { replicas: 1, timeoutMs: 500 } } : {};
    const queue = new Queue<LoadJob>(name, { connection, prefix: PREFIX, ...durability });
    queue.on('error', onError);
    const flows = new FlowProducer({ connection, prefix: PREFIX, ...durability });
    flows.on('error', onError);
    await queue.waitUntilReady();
    return {
      add: async (job) => {
        const opts = { attempts: 3, backoff: 50, ...optionsOf(job) };
        if (job.childQueue !== undefined) {
          const data = { ...job, key: job.key + CHILD_KEYS };
          const child = { name: 'child', queueName: job.childQueue, data };
          const added = await flows.add({
            name: 'load',
            queueName: name,
            data: job,
            opts,
            children: [child],
          });
          return added.job.id;
        }
        return (await queue.add(job.name ?? 'load', job, opts)).id;
      },
      close: async () => {
        await Promise.all([queue.close(), flows.close()]);
        if ('disconnect' in connection) connection.disconnect();
      },
    };
  },

  async openWorker(address, name, process, { concurrency, lockMs, stalledMs, maxStalled }, notices) {
    const tokens = new WeakMap<object, string>();
    const worker = new Worker<LoadJob>(
      name,
      async (job, token, signal) => {
        tokens.set(job, token);
        return process({
          job: job.data,
          id: job.id,
          token,
          attemptsMade: job.attemptsMade,
          isFirst: job.attemptsStarted <= 1,
          signal,
          writes: {
            progress: () => job.updateProgress(50),
            data: () => job.updateData({ ...job.data }),
            log: () => job.log('half'),
          },
        });
      },
      {
        connection: toConnection(address),
        prefix: PREFIX,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledMs,
        maxStalledCount: maxStalled,
      },
    );
    worker.on('error', (error) => notices.error(error));
    worker.on('completed', (job) => notices.done(job.data.key, job.id, tokens.get(job) ?? '-'));
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  },

  async openListener(address, name, heard, onError) {
    const events = new QueueEvents(name, { connection: toConnection(address), prefix: PREFIX });
    events.on('error', onError);
    events.on('completed', ({ returnvalue }) => heard(Number(returnvalue)));
    await events.waitUntilReady();
    return { close: () => events.close() };
  },

  isRefusal: (error) =>
    error instanceof StepwellError && (error as { mayBeWritten?: boolean }).mayBeWritten !== true,

  async takeCensus(address, name) {
    const connection = toConnection(address);
    const queue = new Queue<LoadJob>(name, { connection, prefix: PREFIX, callTimeout: 30_000 });
    queue.on('error', () => {});
    const states = ['waiting', 'prioritized', 'delayed', 'active', 'waiting-children'] as const;
    const counts = await queue.getJobCounts(...states, 'completed', 'failed');
    const unfinished = await queue.getJobs([...states], 0, 20_000);
    const failed = await queue.getFailed(0, 20_000);
    await queue.close();
    if ('disconnect' in connection) connection.disconnect();
    return {
      unfinished: unfinished.map((job) => job.data.key),
      completed: counts['completed'] ?? 0,
      failed: failed.map((job) => job.data.key),
      states: Object.fromEntries(states.map((state) => [state, counts[state] ?? 0])),
    };
  },
};

const optionsOf = ({ key, delayMs, id, dedupMs }: LoadJob): JobsOptions => ({
  ...(delayMs === undefined ? {} : { delay: delayMs }),
  ...(id === undefined ? {} : { jobId: id }),
  ...(dedupMs === undefined ? {} : { deduplication: { id: `once-${key}`, ttl: dedupMs } }),
});
