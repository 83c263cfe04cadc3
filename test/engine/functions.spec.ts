import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Queue, Worker } from '../../lib/engine.js';
import { showFunctions } from '../../lib/cli/show-functions.js';
import { LIBRARY_LINES, LIBRARY_NAME } from '../../lib/redis/library.generated.js';
import { type LocalRedis, startRedis } from '../../lib/testing/index.js';
import { until } from '../support/engine-lab.js';

type Part = { close(): Promise<void> };

/** How often each of the commands was called and not refused. */
async function calls(client: Redis): Promise<Record<string, number>> {
  const info = await client.info('commandstats');
  const count = (name: string): number => {
    const found = new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(info);
    return Number(found?.[1] ?? 0);
  };
  return {
    fcall: count('fcall'),
    evalsha: count('evalsha'),
    eval: count('eval'),
    loads: count('function\\|load'),
  };
}

async function libraries(client: Redis): Promise<string[]> {
  const list = (await client.call('FUNCTION', 'LIST')) as string[][];
  return list.map((each) => each[each.indexOf('library_name') + 1]!).toSorted();
}

describe('functions of Redis', () => {
  let redis: LocalRedis;
  let admin: Redis;
  const parts: Part[] = [];
  const open = <T extends Part>(part: T): T => {
    parts.push(part);
    return part;
  };
  let name = 0;
  const opts = (more: object = {}) => ({ connection: { host: redis.host, port: redis.port, ...more } });

  /** Adds a job and works it off. */
  async function work(options: ReturnType<typeof opts>): Promise<unknown> {
    name += 1;
    const queue = open(new Queue(`q${name}`, options));
    const job = await queue.add('job', { n: 1 });
    open(new Worker(`q${name}`, async () => 'done', options));
    await until(() => queue.getJob(job.id!).then((found) => found?.finishedOn !== undefined));
    return (await queue.getJob(job.id!))?.returnvalue;
  }

  beforeAll(async () => {
    redis = await startRedis({ external: false });
    admin = new Redis(redis.port, redis.host);
  });

  beforeEach(async () => {
    await admin.call('FUNCTION', 'FLUSH');
    await admin.config('RESETSTAT');
  });

  afterEach(async () => void (await Promise.all(parts.splice(0).map((part) => part.close()))));

  afterAll(async () => {
    await admin.quit();
    await redis.stop();
  });

  it('are loaded when first needed, and called from then on', async () => {
    expect(await work(opts())).toBe('done');

    expect(await libraries(admin)).toEqual([LIBRARY_NAME]);
    expect(await calls(admin)).toMatchObject({ evalsha: 0, loads: expect.any(Number) });
    expect((await calls(admin)).fcall).toBeGreaterThan(3);
  });

  it('come back after FUNCTION FLUSH, while scripts come back after SCRIPT FLUSH', async () => {
    const queue = open(new Queue('flushed', opts()));
    await queue.add('job', 1);

    await admin.call('FUNCTION', 'FLUSH');
    await Promise.all(Array.from({ length: 50 }, (_, n) => queue.add('job', n)));
    await admin.call('FUNCTION', 'FLUSH');
    await admin.script('FLUSH');

    expect(await queue.getWaitingCount()).toBe(51);
    expect(await libraries(admin)).toEqual([LIBRARY_NAME]);
    expect(await calls(admin)).toMatchObject({ evalsha: 0, eval: 0 });
  });

  it('of two versions of an application are there side by side', async () => {
    const older = LIBRARY_NAME.replace(/_[^_]+$/, '_0123456789');
    await admin.function('LOAD', LIBRARY_LINES.join('\n').replaceAll(LIBRARY_NAME, older));

    expect(await work(opts())).toBe('done');

    expect(await libraries(admin)).toEqual([LIBRARY_NAME, older].toSorted());
  });

  it('of other versions are removed when asked to', async () => {
    const older = LIBRARY_NAME.replace(/_[^_]+$/, '_0123456789');
    await admin.function('LOAD', LIBRARY_LINES.join('\n').replaceAll(LIBRARY_NAME, older));
    await work(opts());
    const url = `redis://${redis.host}:${redis.port}`;

    expect(await showFunctions(url, false)).toContain(`${older}  of another version`);
    expect(await showFunctions(url, true)).toContain(`${older}  removed`);

    expect(await libraries(admin)).toEqual([LIBRARY_NAME]);
  });

  it('reach replicas, which go on with them when they are promoted', async () => {
    const replica = await startRedis({ external: false });
    const other = new Redis(replica.port, replica.host);
    await work(opts());

    await other.replicaof(redis.host, redis.port);
    await until(async () => (await libraries(other)).includes(LIBRARY_NAME));
    await other.call('REPLICAOF', 'NO', 'ONE');
    await other.config('RESETSTAT');
    const promoted = { connection: { host: replica.host, port: replica.port } };

    expect(await work(promoted)).toBe('done');
    expect(await calls(other)).toMatchObject({ evalsha: 0, loads: 0 });
    await Promise.all(parts.splice(0).map((part) => part.close()));
    await other.quit();
    await replica.stop();
  });

  const rights = 'resetkeys ~* +@all'.split(' ');
  it.each([
    ['call them', [...rights, '-fcall']],
    ['load them', [...rights, '-function']],
  ])('give way to scripts where the user may not %s', async (what, rule) => {
    const username = what.replace(' ', '-');
    await admin.call('ACL', 'SETUSER', username, 'on', '>secret', ...rule);
    const warnings: unknown[] = [];
    const hear = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', hear);

    expect(await work(opts({ username, password: 'secret' }))).toBe('done');
    const before = await calls(admin);
    expect(await work(opts({ username, password: 'secret' }))).toBe('done');

    expect(before.evalsha).toBeGreaterThan(3);
    // The server was asked once, and not again by the same connection.
    expect((await calls(admin)).fcall).toBe(before.fcall);
    expect(warnings).toEqual([]);
    process.off('warning', hear);
  });

  it('give way to scripts where the environment says so', async () => {
    process.env.STEPWELL_FUNCTIONS = 'off';
    try {
      expect(await work(opts({ connectionName: 'scripts' }))).toBe('done');
      expect(await calls(admin)).toMatchObject({ fcall: 0, loads: 0 });
    } finally {
      delete process.env.STEPWELL_FUNCTIONS;
    }
  });

  it('are not begun by a server without memory, which lets jobs end by scripts all the same', async () => {
    const queue = open(new Queue('full', opts()));
    await queue.addBulk(Array.from({ length: 5 }, (_, n) => ({ name: 'job', data: n })));
    const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))![1]);
    await admin.config('SET', 'maxmemory', String(used - 100_000));
    try {
      await expect(queue.add('job', 9)).rejects.toMatchObject({ code: 'REDIS_OUT_OF_MEMORY' });
      open(new Worker('full', async () => 'done', { ...opts(), removeOnComplete: { count: 0 } }));
      await until(() => queue.getJobCounts().then(({ waiting, active }) => waiting === 0 && active === 0));
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
    await queue.add('job', 10);
    expect((await calls(admin)).evalsha).toBeGreaterThan(1);
  });
});
