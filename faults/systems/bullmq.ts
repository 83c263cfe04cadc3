import { Queue, QueueEvents, Worker, type ConnectionOptions, type Job, type JobsOptions } from 'bullmq';
import type { RedisOptions } from 'ioredis';
import { toConnection } from './address-to-connection.js';
import type { LoadJob, System } from './system.js';

// On a cluster all keys of a queue have to be in one slot: its guide puts braces into the prefix.
const PREFIX = '{faults}';

/** As "Going to production" has it: a producer that fails at once while it is offline, and a worker that waits for ever. */
const PRODUCER: RedisOptions = { enableOfflineQueue: false };
const WORKER: RedisOptions = { maxRetriesPerRequest: null };

/**
 * BullMQ as its guide recommends it for production, the locks set alike for all. A run whose lock could not be renewed is
 * cancelled by the event that there is for it, as its page on cancelling jobs shows.
 */
export const bullmq: System = {
  name: 'bullmq',

  async openProducer(address, name, onError) {
    const connection = toConnection(address, PRODUCER) as ConnectionOptions;
    const queue = new Queue<LoadJob>(name, { connection, prefix: PREFIX });
    queue.on('error', onError);
    await queue.waitUntilReady();
    return {
      add: async (job) => {
        const opts = { attempts: 3, backoff: { type: 'fixed', delay: 50 }, ...optionsOf(job) };
        return (await queue.add(job.name ?? 'load', job, opts)).id!;
      },
      close: async () => {
        await queue.close();
        if ('disconnect' in connection) await connection.disconnect();
      },
    };
  },

  async openWorker(address, name, process, { concurrency, lockMs, stalledMs, maxStalled }, notices) {
    const worker = new Worker<LoadJob>(
      name,
      async (job, token, signal) =>
        process({
          job: job.data,
          id: job.id!,
          token: `${token!}.${job.attemptsStarted}`,
          attemptsMade: job.attemptsMade,
          isFirst: job.attemptsStarted <= 1,
          signal: signal!,
          writes: {
            progress: () => job.updateProgress(50),
            data: () => job.updateData({ ...job.data }),
            log: () => job.log('half'),
          },
        }),
      {
        connection: toConnection(address, WORKER) as ConnectionOptions,
        prefix: PREFIX,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledMs,
        maxStalledCount: maxStalled,
      },
    );
    worker.on('error', (error) => notices.error(error));
    worker.on('completed', (job) => notices.done(job.data.key, job.id!, tokenOf(job)));
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) {
        notices.lost(id);
        worker.cancelJob(id);
      }
    });
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  },

  async openListener(address, name, heard, onError) {
    const connection = toConnection(address, WORKER) as ConnectionOptions;
    const events = new QueueEvents(name, { connection, prefix: PREFIX });
    events.on('error', onError);
    events.on('completed', ({ returnvalue }) => heard(Number(returnvalue)));
    await events.waitUntilReady();
    return { close: () => events.close() };
  },

  // It has no error that says so. What the client has not sent cannot be written.
  isRefusal: (error) =>
    /Custom Id|cannot be|Stream isn't writeable|enableOfflineQueue|ECONNREFUSED|\b(OOM|NOSCRIPT|MISCONF|LOADING|READONLY|NOPERM|CLUSTERDOWN|BUSY|MASTERDOWN)\b/.test(
      error.message,
    ),

  async takeCensus(address, name) {
    const connection = toConnection(address) as ConnectionOptions;
    const queue = new Queue<LoadJob>(name, { connection, prefix: PREFIX });
    queue.on('error', () => {});
    const states = ['waiting', 'prioritized', 'delayed', 'active', 'waiting-children'] as const;
    const counts = await queue.getJobCounts(...states, 'completed', 'failed');
    const found: (Job<LoadJob> | undefined)[] = await queue.getJobs([...states], 0, 20_000);
    const failed: (Job<LoadJob> | undefined)[] = await queue.getFailed(0, 20_000);
    await queue.close();
    if ('disconnect' in connection) await connection.disconnect();
    return {
      // An id in a list without a job comes as undefined.
      unfinished: found.map((job) => job?.data?.key ?? -1),
      completed: counts['completed'] ?? 0,
      failed: failed.map((job) => job?.data?.key ?? -1),
      states: Object.fromEntries(states.map((state) => [state, counts[state] ?? 0])),
    };
  },
};

function tokenOf(job: Job): string {
  return `${job.token ?? '-'}.${job.attemptsStarted}`;
}

const optionsOf = ({ key, delayMs, id, dedupMs }: LoadJob): JobsOptions => ({
  ...(delayMs === undefined ? {} : { delay: delayMs }),
  ...(id === undefined ? {} : { jobId: id }),
  ...(dedupMs === undefined ? {} : { deduplication: { id: `once-${key}`, ttl: dedupMs } }),
});
