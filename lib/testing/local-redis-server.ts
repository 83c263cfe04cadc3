import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askRedis } from './ask-redis.js';
import type { LocalRedis } from './embedded-redis.js';
import { freePort } from './free-port.js';
import { RedisGuardian } from './redis-guardian.js';
import { redisArgs, type StartRedisOptions } from './redis-options.js';
import { RedisStartError } from './redis-start-error.js';

const START_TIMEOUT_MS = 10_000;
const PROBE_INTERVAL_MS = 10;
const PORT_TRIES = 5;
const STOP_GRACE_MS = 5_000;
const PASSING_SIGNALS: readonly NodeJS.Signals[] = ['SIGSTOP', 'SIGCONT'];

/** One Redis server process with its folder, ended by its guardian if not by us. */
export class LocalRedisServer implements LocalRedis {
  readonly host = '127.0.0.1';
  readonly #options: StartRedisOptions;
  readonly #folder: string;
  readonly #guardian: RedisGuardian;
  #port = 0;
  #stopping: Promise<void> | undefined;

  private constructor(command: string, folder: string, options: StartRedisOptions) {
    this.#options = options;
    this.#folder = folder;
    this.#guardian = new RedisGuardian(command, folder);
  }

  static async start(command: string, options: StartRedisOptions): Promise<LocalRedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'stepwell-redis-'));
    const server = new LocalRedisServer(command, folder, options);
    try {
      await server.#startOnAnyPort();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `redis://${this.host}:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#guardian.pid;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#guardian.end();
    return this.#stopping;
  }

  async restart(): Promise<void> {
    if (this.#stopping !== undefined) throw new RedisStartError('This Redis was stopped; start a new one.');
    await this.#endOrderly();
    await this.#startOn(this.#port);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { pid } = this;
    if (pid === undefined) return;
    const ended = PASSING_SIGNALS.includes(signal) ? undefined : this.#guardian.redisEnd();
    sendSignal(pid, signal);
    await ended;
  }

  async #endOrderly(): Promise<void> {
    const { pid } = this;
    if (pid === undefined) return;
    sendSignal(pid, 'SIGCONT'); // A paused server would not hear the request to end.
    const ended = this.kill('SIGTERM');
    const isEnded = await Promise.race([ended.then(() => true), delay(STOP_GRACE_MS, false, { ref: false })]);
    if (!isEnded) await this.kill('SIGKILL');
  }

  // Another process may take the free port before Redis does.
  async #startOnAnyPort(): Promise<void> {
    const { port } = this.#options;
    for (let tries = port === undefined ? PORT_TRIES : 1; ; tries -= 1) {
      try {
        await this.#startOn(port ?? (await freePort()));
        return;
      } catch (error) {
        const isTaken = error instanceof RedisStartError && error.log.includes('Address already in use');
        if (!isTaken || tries <= 1) throw error;
      }
    }
  }

  async #startOn(port: number): Promise<void> {
    this.#port = port;
    const pid = await this.#guardian.start(redisArgs(this.#options, port, this.#folder));
    const deadlineMs = performance.now() + (this.#options.startTimeoutMs ?? START_TIMEOUT_MS);
    while (!(await this.#replies(pid))) {
      if (this.pid !== pid) throw await this.#startError('ended while starting');
      if (performance.now() > deadlineMs) {
        await this.kill();
        throw await this.#startError('did not answer in time');
      }
      await delay(PROBE_INTERVAL_MS);
    }
  }

  async #replies(pid: number): Promise<boolean> {
    try {
      const reply = await askRedis(this.host, this.#port, 'PING');
      if (reply.startsWith('-NOAUTH')) return true; // A password was asked for by `args`; it is up.
      if (!reply.startsWith('+PONG')) return false; // Still loading what it had persisted.
      // On a port that someone else took, someone else replies.
      return (await askRedis(this.host, this.#port, 'INFO server')).includes(`process_id:${pid}\r\n`);
    } catch {
      return false;
    }
  }

  async #startError(what: string): Promise<RedisStartError> {
    const log = await readFile(join(this.#folder, 'redis.log'), 'utf8').catch(() => '');
    const lines = log.trimEnd().split('\n').slice(-20);
    return new RedisStartError(`Redis ${what}: ${lines.at(-1) || 'it left no log'}`, lines.join('\n'));
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself a moment ago.
  }
}
