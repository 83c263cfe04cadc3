import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  ConnectionError,
  MissingRightsError,
  Process,
  Processor,
  ProcessorNotProvidedError,
  Queue,
  QueueNotRegisteredError,
  RedisPolicyError,
  StepwellModule,
  type StepwellOptions,
} from 'stepwell';
import { aclLine } from '../../lib/cli/print-acl.js';
import { DEMANDED_COMMANDS } from '../../lib/redis/demand-rights.js';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { startRedis, type LocalRedis } from '../../lib/testing/index.js';
import { fasterRuntime } from '../support/faster-runtime.js';
import { LogLines, sharedOptions, startApp } from './test-app.js';

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });
const rule = aclLine(['--prefix', 'shop', '--password-from', 'PASSWORD'], { PASSWORD: 'secret' })
  .split(' ')
  .slice(2);

describe('with failFast an application does not start', () => {
  let redis: LocalRedis;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startRedis({ external: false });
    admin = new Redis(redis.port, redis.host);
  });
  afterAll(async () => {
    await admin.quit();
    await redis.stop();
  });

  const start = (options: Partial<StepwellOptions>, log = new LogLines()) =>
    startApp(
      {
        imports: [
          StepwellModule.forRoot({
            connection: { host: redis.host, port: redis.port },
            failFast: true,
            ...options,
          }),
          ORDERS,
        ],
      },
      { root: false, log },
    );

  it('without Redis, whose address and trouble it says', async () => {
    const connection = { host: '127.0.0.1', port: 1 };
    bindRuntime(connection, fasterRuntime(4));
    const refused = start({ connection });
    await expect(refused).rejects.toThrow(ConnectionError);
    await expect(refused).rejects.toThrow(
      /^Redis at 127\.0\.0\.1:1 cannot be reached: no answer within 5 s: connect ECONNREFUSED/,
    );
  });

  it('where Redis may evict jobs', async () => {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(start({})).rejects.toThrow(RedisPolicyError);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await (await start({})).close();
  });

  it('with too few rights, and says the line to set', async () => {
    const connection = { host: redis.host, port: redis.port, username: 'shop', password: 'secret' };
    await admin.call('ACL', 'SETUSER', 'shop', ...rule);
    await (await start({ connection, prefix: 'shop' })).close();

    await admin.call('ACL', 'SETUSER', 'shop', '-xread', '-hset', '-xinfo|stream');
    const refused = start({ connection, prefix: 'shop' });
    await expect(refused).rejects.toThrow(MissingRightsError);
    await expect(refused).rejects.toThrow(
      'The user shop of Redis may not run hset, xread, xinfo|stream on keys shop:{orders}:*. ' +
        'Set: ACL SETUSER shop ~shop:* +hset +xread +xinfo|stream',
    );
    const line = await refused.catch((error: MissingRightsError) => error.rule);
    await admin.call('ACL', ...String(line).split(' ').slice(1));
    await (await start({ connection, prefix: 'shop' })).close();

    await expect(start({ connection, prefix: 'other' })).rejects.toThrow(
      /on keys other:\{orders\}:\*.*~other:\*/,
    );
    await admin.call('ACL', 'SETUSER', 'shop', '-eval');
    await expect(start({ connection, prefix: 'shop' })).rejects.toThrow('may not run eval');
  });

  it('with a processor of a queue that nobody registers, or one that no module provides', async () => {
    @Processor('mails')
    class Mails {
      @Process()
      send(): void {}
    }
    const imports = [StepwellModule.forRoot({ ...sharedOptions(), failFast: true }), ORDERS];
    await expect(startApp({ imports, providers: [Mails] }, { root: false })).rejects.toThrow(
      QueueNotRegisteredError,
    );

    @Processor('orders')
    class Forgotten {
      @Process()
      send(): void {}
    }
    await expect(startApp({ imports }, { root: false })).rejects.toThrow(ProcessorNotProvidedError);
    expect(Forgotten.name).toBe('Forgotten');
  });

  it('and asks for the rights of the guide', () => {
    const granted = rule.filter((word) => word.startsWith('+')).map((word) => word.slice(1));
    // Stepwell does without these.
    const optional = ['info', 'ping', 'select', 'memory|usage', 'fcall', 'function|load'];
    expect([...DEMANDED_COMMANDS, ...optional].sort()).toEqual(granted.sort());
  });
});

describe('without failFast', () => {
  it('an application starts, and an add says what is wrong in time', async () => {
    const queue = new Queue('orders', { connection: { host: '127.0.0.1', port: 1 }, callTimeout: 300 });
    queue.on('error', () => {});
    await expect(queue.add('order', {})).rejects.toThrow(
      /^Redis at 127\.0\.0\.1:1 did not answer for 300 ms \(callTimeout\): connect ECONNREFUSED.* Nothing was written\.$/,
    );
    await queue.close();
  });
});
