import { fork, type ForkOptions } from 'node:child_process';
import { Worker as Thread, type WorkerOptions as ThreadOptions } from 'node:worker_threads';
import { systemRuntime } from '../../runtime/system-runtime.js';
import { errorOf, type FromChild, type ToChild } from './messages.js';

const MAIN = new URL('./child-main.js', import.meta.url);
/** What does not end when asked to is ended. */
const KILL_MS = 30_000;

export interface SandboxOptions {
  useWorkerThreads?: boolean | undefined;
  workerForkOptions?: ForkOptions | undefined;
  workerThreadsOptions?: ThreadOptions | undefined;
}

export const SANDBOX_OPTION_NAMES = [
  'useWorkerThreads',
  'workerForkOptions',
  'workerThreadsOptions',
] as const;

/** One child process or worker thread that has loaded a processor's file. It runs one job at a time. */
export class SandboxChild {
  /** Rejects when the file cannot be loaded, or the child ends before. */
  readonly ready: Promise<void>;
  /** How it ended, once it has. */
  ended: string | undefined;
  private readonly post: (message: ToChild) => void;
  private readonly terminate: () => void;
  private listener: ((message: FromChild | { kind: 'ended'; how: string }) => void) | undefined;
  private readonly hasEnded: Promise<void>;

  constructor(file: string, { useWorkerThreads, workerForkOptions, workerThreadsOptions }: SandboxOptions) {
    let over!: () => void;
    this.hasEnded = new Promise((resolve) => (over = resolve));
    const end = (code: number | null, signal: string | null): void => {
      this.ended ??= `Unexpected exit code: ${code} signal: ${signal}`;
      this.listener?.({ kind: 'ended', how: this.ended });
      over();
    };
    if (useWorkerThreads) {
      const thread = new Thread(MAIN, workerThreadsOptions);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of Node, not a window
      this.post = (message) => thread.postMessage(message);
      this.terminate = () => void thread.terminate();
      thread
        .on('message', this.take)
        .on('exit', (code) => end(code, null))
        .on('error', () => {});
    } else {
      const child = fork(MAIN, { ...workerForkOptions });
      this.post = (message) => void (child.connected && child.send(message, () => {}));
      this.terminate = () => {
        const timer = systemRuntime.setTimer(() => child.kill('SIGKILL'), KILL_MS, { background: true });
        child.once('exit', () => timer.cancel());
        child.kill('SIGTERM');
      };
      child
        .on('message', (message) => this.take(message as FromChild))
        .on('exit', end)
        .on('error', () => {});
    }
    this.ready = new Promise((resolve, reject) => {
      this.listen((message) => {
        if (message.kind === 'ready') resolve();
        if (message.kind === 'unfit') reject(errorOf(message.error));
        if (message.kind === 'ended') reject(new Error(message.how));
      });
    });
    this.ready.catch(() => {});
    this.send({ kind: 'init', file });
  }

  send(message: ToChild): void {
    if (this.ended === undefined) this.post(message);
  }

  /** One listener at a time: whoever uses the child. */
  listen(listener: (message: FromChild | { kind: 'ended'; how: string }) => void): void {
    this.listener = listener;
    if (this.ended !== undefined) listener({ kind: 'ended', how: this.ended });
  }

  async end(): Promise<void> {
    if (this.ended === undefined) {
      this.listener = undefined;
      this.terminate();
    }
    await this.hasEnded;
  }

  private readonly take = (message: FromChild): void => this.listener?.(message);
}
