import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisNotFoundError, RedisStartError, startRedis, type LocalRedis } from 'stepwell/testing';
import { askRedis } from '../../lib/testing/ask-redis.js';
import { transpileFolder } from '../support/transpile-folder.js';

const TESTING = fileURLToPath(new URL('../../lib/testing', import.meta.url));

describe('an embedded Redis of its own', () => {
  const started: LocalRedis[] = [];
  const start = async (options: Parameters<typeof startRedis>[0] = {}): Promise<LocalRedis> => {
    const redis = await startRedis({ ...options, external: false });
    started.push(redis);
    return redis;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((redis) => redis.stop()));
  });

  it('answers on a free port of this machine, refuses writes when full and persists nothing', async () => {
    const redis = await start({ maxMemory: '64mb' });
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await ask(redis, 'PING')).toBe('+PONG\r\n');
    expect(await ask(redis, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
    expect(await ask(redis, 'CONFIG GET maxmemory')).toContain(String(64 * 1024 * 1024));
    expect(await ask(redis, 'CONFIG GET appendonly')).toContain('\r\nno\r\n');
    expect(await ask(redis, 'CONFIG GET save')).toContain('$0\r\n');
    expect(await ask(redis, 'CONFIG GET bind')).toContain('\r\n127.0.0.1\r\n');
  });

  it('gives several servers at once', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
  });

  it('is gone with its folder after stop, which may be called twice', async () => {
    const redis = await start();
    const folder = await folderOf(redis);
    const { pid } = redis;
    await Promise.all([redis.stop(), redis.stop()]);
    await redis.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(folder)).toBe(false);
    expect(redis.pid).toBeUndefined();
    await expect(redis.restart()).rejects.toThrow(RedisStartError);
  });

  it('restarts on the same port, empty without persistence', async () => {
    const redis = await start();
    const { pid, port } = redis;
    await ask(redis, 'SET key kept');
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await ask(redis, 'GET key')).toBe('$-1\r\n');
  });

  it('keeps append-only data over a restart and over a kill', async () => {
    const redis = await start({ appendOnly: 'always' });
    await ask(redis, 'SET key kept');
    await redis.restart();
    expect(await ask(redis, 'GET key')).toBe('$4\r\nkept\r\n');
    await redis.kill();
    expect(redis.pid).toBeUndefined();
    await redis.restart();
    expect(await ask(redis, 'GET key')).toBe('$4\r\nkept\r\n');
  });

  it('can be paused, and restarted from the pause', async () => {
    const redis = await start();
    await redis.kill('SIGSTOP');
    await expect(ask(redis, 'PING')).rejects.toThrow('no reply');
    await redis.kill('SIGCONT');
    expect(await ask(redis, 'PING')).toBe('+PONG\r\n');
    await redis.kill('SIGSTOP');
    await redis.restart();
    expect(await ask(redis, 'PING')).toBe('+PONG\r\n');
  });

  it('takes more arguments, a password among them', async () => {
    const redis = await start({ args: ['--requirepass', 'a secret'] });
    expect(await ask(redis, 'PING')).toMatch(/^-NOAUTH/);
  });

  it('says why a server does not start', async () => {
    await expect(start({ args: ['--no-such-option', '1'] })).rejects.toThrow(RedisStartError);
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({
      log: expect.stringContaining('Address already in use'),
    });
  });
});

describe('an embedded Redis and the process that started it', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepwell-spec-'));
    await transpileFolder(TESTING, folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends when its parent gets %s', async (signal) => {
    const { parent, pid, redisFolder } = await startParent('setInterval(() => {}, 1000)');
    expect(isAlive(pid)).toBe(true);
    parent.kill(signal);
    await once(parent, 'close');
    await expectGone(pid, redisFolder);
  });

  it.each(['', 'process.exit()', 'throw new Error("an accident")'])(
    'ends with, and does not keep alive, a parent that ends by %j',
    async (ending) => {
      const { parent, pid, redisFolder } = await startParent(ending);
      if (parent.exitCode === null) await once(parent, 'close');
      await expectGone(pid, redisFolder);
    },
  );

  async function startParent(ending: string) {
    const program = `
      import { startRedis } from ${JSON.stringify(join(folder, 'start-redis.js'))};
      const redis = await startRedis({ external: false });
      console.log(JSON.stringify({ pid: redis.pid, host: redis.host, port: redis.port }));
      await new Promise((resolve) => process.stdin.once('data', resolve));
      process.stdin.destroy();
      ${ending}`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    const redis = JSON.parse(line) as { pid: number; host: string; port: number };
    const redisFolder = await folderOf(redis);
    parent.stdin.end('go\n');
    return { parent, pid: redis.pid, redisFolder };
  }

  async function expectGone(pid: number, redisFolder: string): Promise<void> {
    const deadlineMs = performance.now() + 5_000;
    while ((isAlive(pid) || existsSync(redisFolder)) && performance.now() < deadlineMs) await delay(20);
    expect({ isAlive: isAlive(pid), hasFolder: existsSync(redisFolder) }).toEqual({
      isAlive: false,
      hasFolder: false,
    });
  }
});

describe('where the embedded Redis comes from', () => {
  const { PATH, REDIS_URL } = process.env;
  afterEach(() => {
    restore('PATH', PATH);
    restore('REDIS_URL', REDIS_URL);
  });

  it('is the server that REDIS_URL names, which it leaves alone', async () => {
    const own = await startRedis({ external: false });
    process.env['REDIS_URL'] = `redis://localhost:${own.port}/3`;
    const redis = await startRedis();
    expect(redis).toMatchObject({ url: process.env['REDIS_URL'], host: 'localhost', port: own.port });
    expect([redis.pid, redis.kill, redis.restart]).toEqual([undefined, undefined, undefined]);
    await redis.stop();
    expect(await ask(own, 'PING')).toBe('+PONG\r\n');
    await own.stop();
    await expect(startRedis()).rejects.toThrow(/^REDIS_URL names localhost:\d+, where no Redis answers/);
  });

  it.each(['localhost', 'http://localhost', 'redis//user:secret@host'])(
    'refuses the REDIS_URL %j without repeating it',
    async (url) => {
      process.env['REDIS_URL'] = url;
      const error: unknown = await startRedis().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RedisStartError);
      expect(String(error)).not.toContain('secret');
    },
  );

  it('is nowhere with an empty PATH and no installing: one line says what to do', async () => {
    process.env['PATH'] = '';
    const error: unknown = await startRedis({ external: false, install: false }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RedisNotFoundError);
    expect((error as Error).message).toMatch(
      /^No redis-server or valkey-server on the PATH: .*REDIS_URL.*\.$/,
    );
  });

  it('is not installed where no package manager is known', async () => {
    process.env['PATH'] = '';
    const lines: string[] = [];
    const start = startRedis({ external: false, install: true, report: (line) => lines.push(line) });
    await expect(start).rejects.toThrow(RedisNotFoundError);
    expect(lines).toEqual([]);
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

function ask({ host, port }: { host: string; port: number }, command: string): Promise<string> {
  return askRedis(host, port, command);
}

async function folderOf(redis: { host: string; port: number }): Promise<string> {
  const folder = (await ask(redis, 'CONFIG GET dir')).split('\r\n').find((line) => line.startsWith('/'));
  if (folder === undefined) throw new Error('Redis did not say its folder');
  return folder;
}

function isAlive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return pid !== undefined;
  } catch {
    return false;
  }
}
