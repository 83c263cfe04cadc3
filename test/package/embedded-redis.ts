// Run by `npm run check`: the `stepwell/testing` entry point in a program that has neither Nest nor anything else.
import { RedisNotFoundError, startRedis } from 'stepwell/testing';

async function main(): Promise<void> {
  const redis = await startRedis();
  await redis.stop();
  if (!(new RedisNotFoundError('') instanceof Error)) throw new Error('not an error');
  console.log('it works');
}

void main();
