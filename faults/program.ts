import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const READY_MS = 60_000;

/** A process of the load, with the memory that it took at most. */
export class Program {
  /** Bytes, as far as it was looked at. */
  peakBytes = 0;
  readonly #child: ChildProcess;

  private constructor(name: string, orders: object, environment: NodeJS.ProcessEnv) {
    const path = fileURLToPath(new URL(`programs/${name}.js`, import.meta.url));
    this.#child = fork(path, [JSON.stringify(orders)], {
      execArgv: [],
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', process.env['DEBUG'] ? 'inherit' : 'ignore', 'ipc'],
    });
  }

  static async start(name: string, orders: object, environment: NodeJS.ProcessEnv = {}): Promise<Program> {
    const program = new Program(name, orders, environment);
    const child = program.#child;
    const signal = AbortSignal.timeout(READY_MS);
    await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => {
        throw new Error(`The ${name} ended before it was ready.`);
      }),
    ]).catch((error: Error) => {
      child.kill('SIGKILL');
      throw error.name === 'AbortError' ? new Error(`The ${name} was not ready in time.`) : error;
    });
    return program;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Freezes it, lets it go on, or asks it to end. */
  signal(signal: NodeJS.Signals): void {
    this.measure();
    this.#child.kill(signal);
  }

  /** Ends it at once, without a word. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#child, 'exit');
    this.signal('SIGKILL');
    await ended;
  }

  /** Asks it to end, and returns whether it did in time. If not it is killed. */
  async end(withinMs: number): Promise<boolean> {
    if (!this.isRunning) return true;
    const ended = once(this.#child, 'exit').then(() => true);
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    return this.#within(ended, withinMs);
  }

  /** Resolves when it has ended by itself. */
  async ended(withinMs: number): Promise<boolean> {
    if (!this.isRunning) return true;
    return this.#within(
      once(this.#child, 'exit').then(() => true),
      withinMs,
    );
  }

  measure(): void {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      this.peakBytes = Math.max(this.peakBytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has ended, or this system has no such file.
    }
  }

  async #within(ended: Promise<boolean>, withinMs: number): Promise<boolean> {
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => (late = setTimeout(resolve, withinMs, false)));
    const isEnded = await Promise.race([ended, tooLate]);
    clearTimeout(late);
    if (!isEnded) await this.kill();
    return isEnded;
  }
}
