import { LossyProxy } from '../../test/support/lossy-proxy.js';
import { at } from '../at.js';
import { FarHost } from '../far-host.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';

const LOAD = { jobsPerSecond: 200, maxWorkMs: 20, failing: 0.05, delayed: 0.1 };

/** Blocking reads wait for ever anyway; what counts is a script. */
const isScript = (request: string): boolean => /EVALSHA|FCALL/i.test(request.slice(0, 200));

async function beginBehindProxy(scene: Scene): Promise<LossyProxy> {
  const redis = await scene.redis();
  const proxy = await LossyProxy.open(redis, isScript);
  scene.atEnd(() => proxy.close());
  await scene.begin({ address: at(proxy.address), censusAddress: at(redis), load: LOAD });
  return proxy;
}

export const halfOpen: Row = {
  name: 'half-open',
  title: 'connections that hand nothing on and are never closed, for 12 s',
  async run(scene) {
    const proxy = await beginBehindProxy(scene);
    for (let n = 0; n < scene.times(2, 1); n += 1) {
      await scene.sleep(1500);
      await scene.fault('freeze', async () => {
        proxy.freeze();
        await scene.sleep(12_000);
        proxy.thaw();
      });
      await scene.sleep(3000);
    }
    await scene.settle(25_000);
  },
};

export const cablePulled: Row = {
  name: 'cable-pulled',
  title: 'Redis on another host (a network namespace), whose cable is pulled for 12 s',
  missing: () => FarHost.missing(),
  async run(scene) {
    const redis = await FarHost.open();
    scene.atEnd(() => redis.close());
    await scene.begin({ address: at(redis), load: LOAD });
    for (let n = 0; n < scene.times(2, 1); n += 1) {
      await scene.sleep(1500);
      await scene.fault('pull', async () => {
        await redis.pull();
        await scene.sleep(12_000);
        await redis.plug();
      });
      await scene.sleep(3000);
    }
    await scene.settle(25_000);
  },
};

export const redisFrozen: Row = {
  name: 'redis-frozen',
  title: 'Redis stopped for 10 s, then for 60 s (SIGSTOP)',
  async run(scene) {
    const redis = await scene.redis();
    await scene.begin({ address: at(redis), load: LOAD });
    for (const ms of scene.isShort ? [10_000] : [10_000, 60_000]) {
      await scene.sleep(1500);
      await scene.fault('freeze', async () => {
        await redis.kill('SIGSTOP');
        await scene.sleep(ms);
        await redis.kill('SIGCONT');
      });
      await scene.sleep(3000);
    }
    await scene.settle(25_000);
  },
};

export const clientPause: Row = {
  name: 'client-pause',
  title: 'CLIENT PAUSE of all commands, then of writes, for longer than locks last',
  async run(scene) {
    const redis = await scene.redis();
    const client = scene.client(redis);
    await scene.begin({ address: at(redis), load: LOAD });
    for (let n = 0; n < scene.times(4, 1); n += 1) {
      await scene.sleep(1500);
      await scene.fault('pause', async () => {
        await client.call('CLIENT', 'PAUSE', 6000, n % 2 === 0 ? 'ALL' : 'WRITE');
        await scene.sleep(6000);
      });
    }
    await scene.sleep(1500);
    await scene.settle();
  },
};

export const repliesCut: Row = {
  name: 'replies-cut',
  title: 'connections cut after Redis did the work and before its reply',
  isShort: true,
  async run(scene) {
    const proxy = await beginBehindProxy(scene);
    for (let n = 0; n < scene.times(60, 15); n += 1) {
      await scene.sleep(scene.between(100, 300));
      await scene.fault('cut', async () => void (proxy.losing += 1));
    }
    proxy.losing = 0;
    scene.remarks.push(`${proxy.lost} replies lost`);
    await scene.settle();
  },
};

export const requestsDoubled: Row = {
  name: 'requests-doubled',
  title: 'scripts sent twice, as by a client that lost the first reply',
  async run(scene) {
    const proxy = await beginBehindProxy(scene);
    for (let n = 0; n < scene.times(60, 15); n += 1) {
      await scene.sleep(scene.between(100, 300));
      await scene.fault('double', async () => void (proxy.doubling += 1));
    }
    proxy.doubling = 0;
    scene.remarks.push(`${proxy.doubled} scripts doubled`);
    await scene.settle();
  },
};

export const connectionsKilled: Row = {
  name: 'connections-killed',
  title: 'all connections killed, each 100 ms (CLIENT KILL)',
  async run(scene) {
    const redis = await scene.redis();
    const client = scene.client(redis);
    await scene.begin({ address: at(redis), load: LOAD });
    for (let n = 0; n < scene.times(80, 20); n += 1) {
      await scene.sleep(100);
      await scene.fault('kill', () => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
    }
    await scene.sleep(1500);
    await scene.settle();
  },
};

export const scriptsFlushed: Row = {
  name: 'scripts-flushed',
  title: 'SCRIPT FLUSH and FUNCTION FLUSH, each 50 ms',
  async run(scene) {
    const redis = await scene.redis();
    const client = scene.client(redis);
    await scene.begin({ address: at(redis), load: LOAD });
    for (let n = 0; n < scene.times(200, 40); n += 1) {
      await scene.sleep(50);
      await scene.fault('flush', async () => {
        await client.script('FLUSH');
        // Redis 6.2 has no functions.
        await client.call('FUNCTION', 'FLUSH').catch(() => {});
      });
    }
    await scene.sleep(1000);
    await scene.settle();
  },
};
