import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../lib/testing/free-port.js';
import { locateRedisServer } from '../../lib/testing/locate-redis-server.js';

export const MASTER_NAME = 'shop';

export interface Sentinel {
  host: string;
  port: number;
  /** `SIGSTOP` freezes it, `SIGCONT` lets it go on. */
  kill(signal: NodeJS.Signals): void;
  /** Port of the master that it names. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

/** A real sentinel on a free port of this machine, which has the master failed over when `quorum` of them agree. */
export async function startSentinel(masterPort: number, quorum: number): Promise<Sentinel> {
  const command = await locateRedisServer(false, () => {});
  const folder = await mkdtemp(join(tmpdir(), 'stepwell-sentinel-'));
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} ${quorum}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 600`,
    `sentinel failover-timeout ${MASTER_NAME} 3000`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = spawn(command, [file, '--sentinel'], { stdio: 'ignore' });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => {});
  await client.ping();
  return {
    host: '127.0.0.1',
    port,
    kill: (signal) => void child.kill(signal),
    masterPort: async () => {
      const [, master] = (await client.call('SENTINEL', 'get-master-addr-by-name', MASTER_NAME)) as string[];
      return Number(master);
    },
    stop: async () => {
      client.disconnect();
      await ended(child, end);
      process.off('exit', end);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves once each of the sentinels knows the others and a replica to promote. */
export async function untilAgreed(sentinels: readonly Sentinel[]): Promise<void> {
  for (const { port } of sentinels) {
    const client = new Redis(port, '127.0.0.1');
    for (let known = ''; known !== `${sentinels.length - 1} 1`; await sleep(50)) {
      const flat = (await client.call('SENTINEL', 'master', MASTER_NAME)) as string[];
      const field = (name: string): string | undefined => flat[flat.indexOf(name) + 1];
      known = `${field('num-other-sentinels')} ${field('num-slaves')}`;
    }
    client.disconnect();
  }
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    end();
    await exit;
  }
}
