export type { EmbeddedRedis, LocalRedis } from './embedded-redis.js';
export { RedisNotFoundError } from './redis-not-found-error.js';
export type { StartRedisOptions } from './redis-options.js';
export { RedisStartError } from './redis-start-error.js';
export { startRedis } from './start-redis.js';
export { createTimeTravel, type TimeTravelOptions } from './create-time-travel.js';
export type { CrashPoint } from './crash-points.js';
export type { Duration } from './parse-duration.js';
export { TimeTravel, TimeTravelError } from './time-travel.js';
