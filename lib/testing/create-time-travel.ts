import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { checkInteger, checkNumber } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import type { RedisClient } from '../redis/client.js';
import { openClient, type ServerClient } from '../redis/open-client.js';
import type { Timer } from '../runtime/runtime.js';
import { bindRuntime } from '../runtime/runtime-of.js';
import type { EmbeddedRedis } from './embedded-redis.js';
import { SharedRedis } from './shared-redis.js';
import { startRedis } from './start-redis.js';
import { TestClient } from './test-client.js';
import { TimeTravel } from './time-travel.js';
import { VirtualRuntime } from './virtual-runtime.js';
import { VirtualTimers } from './virtual-timers.js';
import { WorkWatch } from './work-watch.js';

/** What `createTimeTravel` takes. Everything has a default. */
export interface TimeTravelOptions {
  /** URL of a Redis, or a client of one. Default: `startRedis()`, for this test alone. */
  redis?: string | RedisClient;
  /** Virtual time at the beginning, a date or ms since 1970. Default: now. */
  start?: Date | number;
  /** What chance begins with: ids and jitter are the same in each run. Default: 1. */
  seed?: number;
  /** Real ms without a sign of life after which a processor is taken to wait for virtual time. Default: 1000. */
  patienceMs?: number;
}

/**
 * A Redis and a connection in virtual time, for tests. All keys begin with a prefix of its own, so that tests that share a
 * Redis do not meet; they are removed at `close`.
 *
 * @throws {InvalidOptionError} for an option that cannot be used
 * @throws {RedisNotFoundError} when there is no Redis here, see `startRedis`
 *
 * @example
 * const time = await createTimeTravel();
 * const queue = new Queue('orders', { connection: time.connection });
 * const worker = new Worker('orders', orders, { connection: time.connection });
 * const job = await queue.add('order', { id: 7 });
 * await time.advance('3d');
 * expect(await job.isCompleted()).toBe(true);
 * await worker.close();
 * await queue.close();
 * await time.close();
 */
export async function createTimeTravel(options: TimeTravelOptions = {}): Promise<TimeTravel> {
  const { seed = 1, patienceMs = 1000, start = new Date() } = options;
  checkInteger('seed', seed, 0);
  checkNumber('patienceMs', patienceMs, 0);
  if (!(Number(start) > 0)) {
    throw new InvalidOptionError('start', start, 'Use a valid date, or milliseconds since 1970.');
  }
  const own = options.redis === undefined ? await startRedis() : undefined;
  const keyPrefix = `stepwell-test-${randomBytes(6).toString('hex')}:`;
  const client = openClient(options.redis ?? (own as EmbeddedRedis).url, keyPrefix);
  try {
    await connected(client);
  } catch (error) {
    client.disconnect();
    await own?.stop();
    throw error;
  }

  const timers = new VirtualTimers(Math.floor(Number(start)));
  const work = new WorkWatch(() => timers.now);
  const runtime: VirtualRuntime = new VirtualRuntime(timers, work, seed, () => time.press());
  const setTimer = (run: () => void, ms: number): Timer => runtime.setTimer(run, ms, { upkeep: true });
  const redis = new SharedRedis(client, setTimer, () => runtime.soonDone());
  const testClient = new TestClient(redis);
  const connection = testClient.asClient;
  bindRuntime(connection, runtime);
  const end = async (): Promise<void> => {
    await removeKeys(client, keyPrefix).catch(() => {});
    testClient.disconnect();
    client.disconnect();
    await own?.stop();
  };
  const time: TimeTravel = new TimeTravel({ timers, runtime, work, redis, connection, patienceMs, end });
  return time;
}

async function connected(client: ServerClient): Promise<void> {
  if (client.status !== 'ready') {
    await once(client, 'ready', { signal: AbortSignal.timeout(10_000) });
  }
  client.on('error', () => {});
}

async function removeKeys(client: ServerClient, keyPrefix: string): Promise<void> {
  let cursor = '0';
  do {
    // The client adds its prefix to keys that are named, and to no pattern.
    const [next, keys] = await client.scan(cursor, 'MATCH', `${keyPrefix}*`, 'COUNT', 1000);
    cursor = next;
    if (keys.length > 0) await client.unlink(keys.map((key) => key.slice(keyPrefix.length)));
  } while (cursor !== '0');
}
