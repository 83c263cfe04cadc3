/**
 * There is no Redis server program on this machine, and none could be installed.
 * The message is one line and says what to type.
 */
export class RedisNotFoundError extends Error {
  override readonly name = 'RedisNotFoundError';
}
