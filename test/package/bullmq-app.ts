// Run by `npm run check`: a program from BullMQ's guide, on `stepwell/bullmq`, without Nest.
import {
  FlowProducer,
  Job,
  Queue,
  QueueEvents,
  Worker,
  MetricsTime,
  UnrecoverableError,
} from 'stepwell/bullmq';
import type { JobsOptions, Processor, WorkerOptions } from 'stepwell/bullmq';
import { startRedis } from 'stepwell/testing';

interface Paint {
  colour: string;
}

const paint: Processor<Paint, string> = async (job: Job<Paint, string>, token) => {
  await job.updateProgress(50);
  if (token === undefined) throw new UnrecoverableError('There is no lock.');
  return `painted ${job.data.colour}`;
};

async function main(): Promise<void> {
  const redis = await startRedis();
  const connection = { host: redis.host, port: redis.port, maxRetriesPerRequest: null };
  const name = `{paint-${process.pid}}`;
  const options: WorkerOptions = {
    connection,
    concurrency: 5,
    metrics: { maxDataPoints: MetricsTime.ONE_HOUR },
  };
  const queue = new Queue<Paint, string>(name, { connection });
  const worker = new Worker<Paint, string>(name, paint, options);
  const events = new QueueEvents(name, { connection });
  await events.waitUntilReady();
  worker.on('failed', (job, error) => console.error(job?.id, error.message));
  const jobOptions: JobsOptions = { attempts: 3, backoff: { type: 'exponential', delay: 1000 } };
  const job = await queue.add('cars', { colour: 'blue' }, jobOptions);
  const result: string = await job.waitUntilFinished(events);
  if (result !== 'painted blue') throw new Error(`It is ${result}`);
  const flows = new FlowProducer({ connection });
  const tree = await flows.add({ name: 'top', queueName: name, data: { colour: 'red' } });
  await tree.job.waitUntilFinished(events);
  await Promise.all([worker.close(), events.close(), flows.close()]);
  await queue.close();
  await redis.stop();
  console.log('it works');
}

void main();
