// Run by the application's own `npm run start:prod`, in place of its main file.
import { NestFactory } from '@nestjs/core';
import { startRedis } from 'stepwell/testing';
import { AppModule } from './app.module.js';
import { Shop, untilHandled } from './orders.js';

async function bootstrap(): Promise<void> {
  const redis = await startRedis();
  process.env.REDIS_URL = redis.url;
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  await app.get(Shop).buy('book');
  await app.get(Shop).mails.add('welcome', { to: 'ada' });
  await untilHandled(2);
  await app.close();
  await redis.stop();
  console.log('it works');
}

void bootstrap();
