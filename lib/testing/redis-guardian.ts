import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';
import { GUARDIAN_PROGRAM } from './redis-guardian-program.js';
import { RedisStartError } from './redis-start-error.js';

interface GuardianMessage {
  started?: number;
  failed?: string;
  exited?: string;
}

/** Runs a Redis server through a small process that ends it, and removes its folder, when this process ends. */
export class RedisGuardian {
  readonly #process: ChildProcess;
  readonly #news = new EventEmitter();
  readonly #ended: Promise<unknown>;
  #pid: number | undefined;
  #waiting = 0;

  constructor(command: string, folder: string) {
    this.#process = spawn(process.execPath, ['-e', GUARDIAN_PROGRAM, JSON.stringify({ command, folder })], {
      cwd: tmpdir(),
      // A session of its own: Ctrl-C in the terminal must reach it through us, after our own orderly end.
      detached: true,
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', resolve);
      this.#process.once('error', resolve);
    });
    this.#process.once('exit', (code) => this.#onGuardianEnd(code === 0));
    this.#news.on('error', () => {}); // Whoever awaits a start hears of it; an emitter without listeners would throw.
    this.#process.on('message', (message: GuardianMessage) => this.#onMessage(message));
    this.#process.unref();
    this.#process.channel?.unref();
  }

  /** The process id of Redis while it runs. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Starts Redis and resolves once its process exists, which is before it replies. */
  async start(args: readonly string[]): Promise<number> {
    const signal = AbortSignal.timeout(30_000);
    return this.#whileReferenced(async () => {
      const started = once(this.#news, 'started', { signal });
      this.#process.send([...args]);
      const [pid] = (await started) as [number];
      return pid;
    });
  }

  /** Resolves when the running Redis has ended, at once when none runs. */
  async redisEnd(): Promise<void> {
    if (this.#pid === undefined) return;
    await this.#whileReferenced(() => once(this.#news, 'exited'));
  }

  /** Ends Redis and the guardian; the folder is gone afterwards. */
  async end(): Promise<void> {
    await this.#whileReferenced(async () => {
      if (this.#process.connected) this.#process.disconnect();
      await this.#ended;
    });
  }

  #onMessage(message: GuardianMessage): void {
    if (message.started !== undefined) {
      this.#pid = message.started;
      this.#news.emit('started', message.started);
    } else if (message.failed !== undefined) {
      this.#news.emit('error', new RedisStartError(`Redis did not start: ${message.failed}`));
    } else if (message.exited !== undefined) {
      this.#pid = undefined;
      this.#news.emit('exited');
    }
  }

  #onGuardianEnd(orderly: boolean): void {
    if (this.#pid === undefined) return;
    try {
      // Someone killed the guardian itself: nothing would end Redis any more but us.
      if (!orderly) process.kill(this.#pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
    this.#pid = undefined;
    this.#news.emit('exited');
  }

  // The guardian does not keep this process alive, except while someone awaits its reply.
  async #whileReferenced<T>(action: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    this.#process.ref();
    this.#process.channel?.ref();
    try {
      return await action();
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) {
        this.#process.unref();
        this.#process.channel?.unref();
      }
    }
  }
}
