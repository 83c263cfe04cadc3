import { execFile } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { locateRedisServer } from '../lib/testing/locate-redis-server.js';

const run = promisify(execFile);

/** What rows can use here, and what has to be known to compare one run with another. */
export interface Machine {
  node: string;
  /** The server program's own words. */
  server: string;
  system: string;
  cpu: string;
  cores: number;
  memoryGib: number;
  packages: Record<string, string>;
  /** The library that gives a process another clock, where it is installed. */
  faketime: string | undefined;
}

export async function describeMachine(): Promise<Machine> {
  const command = await locateRedisServer(true, (line) => void process.stderr.write(`${line}\n`));
  const { stdout } = await run(command, ['--version']);
  return {
    node: process.version,
    server:
      /^(?:Redis|Valkey) server v=[\d.]+/i.exec(stdout)?.[0].replace(' server v=', ' ') ?? stdout.trim(),
    system: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    packages: Object.fromEntries(['stepwell', 'bullmq', 'ioredis'].map((name) => [name, versionOf(name)])),
    faketime: await locateFaketime(),
  };
}

function versionOf(name: string): string {
  const packageFile = createRequire(import.meta.url).resolve('ioredis/package.json');
  const root = dirname(dirname(dirname(packageFile)));
  const file =
    name === 'stepwell' ? join(root, 'package.json') : join(root, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The library that gives a process another clock. */
export async function locateFaketime(): Promise<string | undefined> {
  const { stdout } = await run('sh', [
    '-c',
    'ls /usr/lib/*/faketime/libfaketime.so.1 /usr/lib/faketime/libfaketime.so.1',
  ]).catch(({ stdout: found }: { stdout?: string }) => ({ stdout: found ?? '' }));
  return stdout.split('\n').find(Boolean);
}
