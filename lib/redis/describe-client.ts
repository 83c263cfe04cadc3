import { isCluster, type RedisClient } from './client.js';

/** Where a client looks for Redis, for messages. */
export function addressOf(client: RedisClient): string {
  if (isCluster(client)) {
    return 'Redis on the cluster';
  }
  const { host, port, path, sentinels, name } = client.options;
  if (sentinels && sentinels.length > 0) {
    const places = sentinels.map((each) => `${each.host ?? '127.0.0.1'}:${each.port ?? 26_379}`).join(', ');
    return `Redis ${name ?? 'mymaster'}, as the sentinels at ${places} know it,`;
  }
  return `Redis at ${path ?? `${host ?? '127.0.0.1'}:${port ?? 6379}`}`;
}

/** What becomes of a connection that broke. */
export function outlookOf(client: RedisClient, isOwned: boolean): string {
  if (client.status !== 'end') {
    return 'Trying again.';
  }
  return isOwned
    ? 'It is not tried again, as its retryStrategy says.'
    : 'The client that was passed in has been closed, so it is not tried again.';
}
