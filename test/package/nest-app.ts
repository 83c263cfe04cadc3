// Run by `npm run check`: a Nest application that has the package as its only queue, on each supported Nest.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getQueueToken, Process, Processor, StepwellModule, type Job, type Queue } from 'stepwell';
import { startRedis } from 'stepwell/testing';

interface Sum {
  left: number;
  right: number;
}

const QUEUE = `sums-${process.pid}`;

@Processor(QUEUE)
class SumProcessor {
  @Process()
  add(job: Job<Sum, number>): number {
    return job.data.left + job.data.right;
  }
}

async function main(): Promise<void> {
  const redis = await startRedis();

  @Module({
    imports: [
      StepwellModule.forRoot({ connection: { host: redis.host, port: redis.port } }),
      StepwellModule.registerQueue({ name: QUEUE }),
    ],
    providers: [SumProcessor],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const queue = app.get<Queue<Sum, number>>(getQueueToken(QUEUE));
  const { id } = await queue.add('sum', { left: 2, right: 3 });
  const result = await resultOf(queue, String(id));
  if (result !== 5) throw new Error(`2 + 3 is not ${result}`);
  await app.close();
  await redis.stop();
  console.log('it works');
}

async function resultOf(queue: Queue<Sum, number>, id: string): Promise<number> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const state = await (await queue.getJob(id))?.getState();
    // Read after its state, so that it is not older.
    const job = await queue.getJob(id);
    if (state === 'completed') return Number(job?.returnvalue);
    if (state === 'failed') throw new Error(`The job failed: ${job?.failedReason}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('The job did not finish in time');
}

void main();
