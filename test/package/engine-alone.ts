// Run by `npm run check`: the `stepwell/engine` entry point in a program without Nest.
import { Queue, Worker } from 'stepwell/engine';
import { startRedis } from 'stepwell/testing';

async function main(): Promise<void> {
  const redis = await startRedis();
  const connection = { host: redis.host, port: redis.port };
  const name = `sums-${process.pid}`;
  const queue = new Queue<{ left: number; right: number }, number>(name, { connection });
  const worker = new Worker<{ left: number; right: number }, number>(
    name,
    async ({ data }) => data.left + data.right,
    { connection },
  );
  const sum = new Promise<number>((resolve, reject) => {
    worker.on('completed', (_job, result) => resolve(result));
    worker.on('failed', (_job, error) => reject(error));
  });
  await queue.add('sum', { left: 2, right: 3 });
  if ((await sum) !== 5) throw new Error('2 + 3 is not 5');
  await worker.close();
  await queue.close();
  await redis.stop();
  console.log('it works');
}

void main();
