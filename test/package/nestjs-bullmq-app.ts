// Run by `npm run check`: an application of @nestjs/bullmq's guide, on `stepwell/nestjs-bullmq`, on each supported Nest.
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Job, Queue } from 'stepwell/bullmq';
import { BullModule, InjectQueue, OnWorkerEvent, Processor, WorkerHost } from 'stepwell/nestjs-bullmq';
import { startRedis } from 'stepwell/testing';

const AUDIO = `audio-${process.pid}`;
const transcoded: string[] = [];

@Processor(AUDIO, { concurrency: 2 })
class AudioConsumer extends WorkerHost {
  async process(job: Job<{ file: string }>): Promise<string> {
    return `${job.data.file}.mp3`;
  }

  @OnWorkerEvent('completed')
  onCompleted(_job: Job, result: string): void {
    transcoded.push(result);
  }
}

@Injectable()
class AudioService {
  constructor(@InjectQueue(AUDIO) readonly queue: Queue) {}
}

async function main(): Promise<void> {
  const redis = await startRedis();

  @Module({
    imports: [
      BullModule.forRootAsync({ useFactory: () => ({ connection: { host: redis.host, port: redis.port } }) }),
      BullModule.registerQueue({ name: AUDIO, defaultJobOptions: { removeOnComplete: true } }),
    ],
    providers: [AudioConsumer, AudioService],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  await app.get(AudioService).queue.add('transcode', { file: 'song' });
  for (const deadline = Date.now() + 20_000; transcoded.length === 0;) {
    if (Date.now() > deadline) throw new Error('The job did not finish in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (transcoded[0] !== 'song.mp3') throw new Error(`It is ${transcoded[0]}`);
  await app.close();
  await redis.stop();
  console.log('it works');
}

void main();
