import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { locateRedisServer } from '../lib/testing/locate-redis-server.js';

const run = promisify(execFile);
const START_MS = 20_000;
const PORT = 6379;
let count = 0;

/** A Redis on a host of its own, as this system's network namespaces make one, at the end of a cable that can be pulled. */
export class FarHost {
  readonly port = PORT;

  private constructor(
    readonly host: string,
    private readonly name: string,
    private readonly cable: string,
    private readonly end: () => Promise<unknown>,
  ) {}

  /** Why there are none here, where there are none: it takes `ip`, and the rights of root. */
  static async missing(): Promise<string | undefined> {
    const name = `sw-probe-${process.pid}`;
    try {
      await run('ip', ['netns', 'add', name]);
      await run('ip', ['netns', 'delete', name]);
      return undefined;
    } catch {
      return 'there are no network namespaces for this user';
    }
  }

  static async open(): Promise<FarHost> {
    count += 1;
    const name = `sw-${process.pid}-${count}`;
    // Of the block that is kept for tests of benchmarks, so that it is nobody's address.
    const block = `198.18.${(process.pid + count) % 250}`;
    const [near, far] = [`${block}.1`, `${block}.2`];
    const cable = [`${name}n`, `${name}f`] as const;
    await run('ip', ['netns', 'add', name]);
    await run('ip', ['link', 'add', cable[0], 'type', 'veth', 'peer', 'name', cable[1], 'netns', name]);
    await run('ip', ['address', 'add', `${near}/30`, 'dev', cable[0]]);
    await run('ip', ['link', 'set', cable[0], 'up']);
    const inside = (...args: string[]): Promise<unknown> => run('ip', ['-n', name, ...args]);
    await inside('address', 'add', `${far}/30`, 'dev', cable[1]);
    await inside('link', 'set', cable[1], 'up');
    const folder = await mkdtemp(join(tmpdir(), 'stepwell-far-'));
    const server = spawn(
      'ip',
      [
        ...['netns', 'exec', name, await locateRedisServer(true, () => {})],
        ...['--port', String(PORT), '--bind', far, '--protected-mode', 'no', '--dir', folder, '--save', ''],
      ],
      { stdio: 'ignore' },
    );
    const kill = (): void => void server.kill('SIGKILL');
    process.once('exit', kill);
    const host = new FarHost(far, name, cable[1], async () => {
      kill();
      process.off('exit', kill);
      await run('ip', ['netns', 'delete', name]);
      await rm(folder, { recursive: true, force: true });
    });
    await host.#untilItIsThere();
    return host;
  }

  /** Nothing comes or goes, and nobody is told. */
  async pull(): Promise<void> {
    await run('ip', ['-n', this.name, 'link', 'set', this.cable, 'down']);
  }

  async plug(): Promise<void> {
    await run('ip', ['-n', this.name, 'link', 'set', this.cable, 'up']);
  }

  close(): Promise<unknown> {
    return this.end();
  }

  async #untilItIsThere(): Promise<void> {
    const client = new Redis(PORT, this.host, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on('error', () => {});
    const isThere = await Promise.race([client.ping(), sleep(START_MS, undefined, { ref: false })]);
    client.disconnect();
    if (isThere === undefined) throw new Error('The Redis of another host is not there in time.');
  }
}
