/**
 * A Redis server program was found but did not come up, or the server named by `REDIS_URL` does not answer.
 * `log` holds the end of the server's own log, where there is one.
 */
export class RedisStartError extends Error {
  override readonly name = 'RedisStartError';

  constructor(
    message: string,
    readonly log: string = '',
  ) {
    super(message);
  }
}
