import { ConnectionError, InvalidOptionError, NotReplicatedError } from '../job/errors.js';
import { isCluster, type RedisClient } from './client.js';

/**
 * Makes a call and waits until so many replicas have what it wrote. To be made again as a whole where the connection was lost
 * between: what connects then may be another server, which says nothing about the one that wrote.
 *
 * @throws {NotReplicatedError} where they do not have it in time
 */
export async function awaitReplicas<T>(
  client: RedisClient,
  call: () => Promise<T>,
  { replicas, timeoutMs }: { replicas: number; timeoutMs: number },
): Promise<T> {
  if (isCluster(client)) {
    throw new InvalidOptionError('durability', { replicas, timeoutMs }, 'On a cluster it is not available.');
  }
  const { stream } = client;
  const reply = await call();
  const reached = await client.wait(replicas, timeoutMs);
  if (client.stream !== stream) {
    throw new ConnectionError('The connection was lost before its replicas were asked.', {
      mayBeWritten: true,
    });
  }
  if (reached < replicas) {
    throw new NotReplicatedError(replicas, reached, timeoutMs);
  }
  return reply;
}
