import { Redis } from 'ioredis';

/** The server that tests run against; `npm test` provides one. */
export function testRedisUrl(): string {
  return process.env.STEPWELL_TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
}

/** A client of one's own: whoever opens it closes it. */
export function connectTestRedis(): Redis {
  // Without a server, tests fail at once instead of waiting for one.
  return new Redis(testRedisUrl(), {
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => (times > 2 ? null : 100),
  });
}
