import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { at } from '../at.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';

const LOAD = { jobsPerSecond: 200, maxWorkMs: 20, failing: 0.05, delayed: 0.1 };

/** Removes one of the keys that expire, where there is one. Returns how many were removed. */
const EVICT = `
  local found = {}
  for _, key in ipairs(redis.call('KEYS', '*')) do
    if redis.call('PTTL', key) > 0 then found[#found + 1] = key end
  end
  if #found == 0 then return 0 end
  return redis.call('DEL', found[ARGV[1] % #found + 1])
`;

/** Redis refuses commands for a while, again and again. */
async function refuse(
  scene: Scene,
  {
    begin,
    end,
    ms,
    args = [],
    username,
    padBytes,
  }: {
    begin: (client: Redis) => Promise<unknown>;
    end: (client: Redis) => Promise<unknown>;
    ms: number;
    args?: string[];
    username?: string;
    padBytes?: number;
  },
): Promise<void> {
  const redis = await scene.redis({ args });
  const client = scene.client(redis);
  if (username !== undefined)
    await client.call('ACL', 'SETUSER', username, 'on', '>secret', '~*', '&*', '+@all');
  const address = { ...at(redis), ...(username === undefined ? {} : { username, password: 'secret' }) };
  await scene.begin({
    address,
    censusAddress: at(redis),
    load: { ...LOAD, ...(padBytes === undefined ? {} : { padBytes, jobsPerSecond: 80 }) },
  });
  for (let n = 0; n < scene.times(4, 2); n += 1) {
    await scene.sleep(1000);
    await scene.fault('refuse', async () => {
      await begin(client);
      await scene.sleep(ms);
      await end(client);
    });
  }
  await scene.sleep(1500);
  await scene.settle();
}

export const outOfMemory: Row = {
  name: 'out-of-memory',
  title: 'Redis out of memory (maxmemory, noeviction), for 3 s',
  isShort: true,
  run: (scene) =>
    refuse(scene, {
      begin: async (client) => {
        const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
        await client.config('SET', 'maxmemory', Math.max(1_000_000, Math.floor(used * 0.9)));
      },
      end: (client) => client.config('SET', 'maxmemory', 0),
      ms: 3000,
      padBytes: 8000,
    }),
};

export const misconf: Row = {
  name: 'misconf',
  title: 'snapshots fail, and Redis refuses writes (MISCONF)',
  run: (scene) =>
    refuse(scene, {
      begin: async (client) => {
        const [, folder] = (await client.config('GET', 'dir')) as [string, string];
        // A snapshot cannot take the place of a folder.
        await rm(join(folder, 'dump.rdb'), { recursive: true, force: true });
        await mkdir(join(folder, 'dump.rdb', 'in-the-way'), { recursive: true });
        await client.config('SET', 'save', '3600 1');
        await client.call('BGSAVE');
        await untilSaved(client, 'err');
      },
      end: async (client) => {
        const [, folder] = (await client.config('GET', 'dir')) as [string, string];
        await rm(join(folder, 'dump.rdb'), { recursive: true, force: true });
        await client.call('BGSAVE');
        await untilSaved(client, 'ok');
        await client.config('SET', 'save', '');
      },
      ms: 1500,
    }),
};

export const readonly: Row = {
  name: 'readonly',
  title: 'Redis made the replica of a dead master (READONLY)',
  run: (scene) =>
    refuse(scene, {
      begin: (client) => client.replicaof('127.0.0.1', 1),
      end: (client) => client.replicaof('NO', 'ONE'),
      ms: 2000,
    }),
};

export const busy: Row = {
  name: 'busy',
  title: 'Redis busy with a script of somebody else (BUSY)',
  run: (scene) =>
    refuse(scene, {
      begin: (client) =>
        client.eval(
          "local t = redis.call('TIME') local stop = t[1] * 1000 + t[2] / 1000 + 2500 repeat t = redis.call('TIME') until t[1] * 1000 + t[2] / 1000 > stop",
          0,
        ),
      end: async () => {},
      ms: 0,
      args: ['--busy-reply-threshold', '50'],
    }),
};

export const noperm: Row = {
  name: 'noperm',
  title: 'the rights to scripts taken away for 2 s (NOPERM)',
  run: (scene) =>
    refuse(scene, {
      begin: (client) => client.call('ACL', 'SETUSER', 'shop', '-eval', '-evalsha', '-fcall'),
      end: (client) => client.call('ACL', 'SETUSER', 'shop', '+eval', '+evalsha', '+fcall'),
      ms: 2000,
      username: 'shop',
    }),
};

export const loading: Row = {
  name: 'loading',
  title: 'Redis killed, and some seconds of loading (LOADING)',
  async run(scene) {
    const redis = await scene.redis({
      appendOnly: 'always',
      args: ['--key-load-delay', '300', '--loading-process-events-interval-bytes', '1024'],
      startTimeoutMs: 60_000,
    });
    await scene.begin({ address: at(redis), load: LOAD });
    for (let n = 0; n < scene.times(3, 1); n += 1) {
      await scene.sleep(3000);
      await scene.fault('load', async () => {
        await redis.kill();
        await redis.restart();
      });
    }
    await scene.sleep(1500);
    await scene.settle();
  },
};

export const ttlEvicted: Row = {
  name: 'ttl-evicted',
  title: 'keys with a time to live removed at random, as a volatile policy does',
  async run(scene) {
    const redis = await scene.redis();
    const client = scene.client(redis);
    await scene.begin({ address: at(redis), load: { ...LOAD, deduplicated: 0.3, dedupMs: 3000 } });
    let removed = 0;
    for (let n = 0; n < scene.times(80, 20); n += 1) {
      await scene.sleep(100);
      await scene.fault('evict', async () => {
        removed += Number(await client.eval(EVICT, 0, scene.pick(2 ** 30)));
      });
    }
    scene.remarks.push(`${removed} keys removed`);
    await scene.settle();
  },
};

export const anyEvicted: Row = {
  name: 'any-evicted',
  title: 'keys of all kinds evicted (maxmemory with allkeys-lru, which no queue is made for)',
  serverLoses: true,
  async run(scene) {
    const redis = await scene.redis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    const client = scene.client(redis);
    await scene.begin({ address: at(redis), load: { ...LOAD, jobsPerSecond: 80, padBytes: 8000 } });
    for (let n = 0; n < scene.times(4, 2); n += 1) {
      await scene.sleep(1500);
      await scene.fault('evict', async () => {
        scene.lose();
        const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
        await client.config('SET', 'maxmemory', Math.floor(used * 0.7));
        await scene.sleep(500);
        await client.config('SET', 'maxmemory', 0);
        scene.lose();
      });
    }
    const evicted = /evicted_keys:(\d+)/.exec(await client.info('stats'))![1]!;
    scene.remarks.push(`${evicted} keys evicted`);
    await scene.settle();
  },
};

async function untilSaved(client: Redis, status: string): Promise<void> {
  while (!(await client.info('persistence')).includes(`rdb_last_bgsave_status:${status}`)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
