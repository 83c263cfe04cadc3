export type { EmbeddedRedis, LocalRedis } from './embedded-redis.js';
export { RedisNotFoundError } from './redis-not-found-error.js';
export type { StartRedisOptions } from './redis-options.js';
export { RedisStartError } from './redis-start-error.js';
export { startRedis } from './start-redis.js';
