import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidOptionError } from '../../job/errors.js';
import type { Job } from '../../job/job.js';
import type { JobJsonSandbox } from '../../job/job-json.js';
import { errorOf, errorText, type FromChild, PROXIED } from './messages.js';
import { SANDBOX_OPTION_NAMES, SandboxChild, type SandboxOptions } from './sandbox-child.js';

const EXTENSIONS = ['.js', '.cjs', '.mjs', '.ts'];

/** Runs the jobs of a worker in children that have loaded a file: as many as run at a time, each used again. */
export class SandboxedProcessor {
  private readonly file: string;
  private readonly idle: SandboxChild[] = [];
  private readonly all = new Set<SandboxChild>();

  /** Undefined for a processor that is no file. */
  static of(
    processor: unknown,
    options: SandboxOptions & { batch?: unknown },
  ): SandboxedProcessor | undefined {
    if (!isProcessorFile(processor)) {
      const [name] = SANDBOX_OPTION_NAMES.filter((each) => options[each] !== undefined);
      if (name)
        throw new InvalidOptionError(name, options[name], 'Leave it out: it is for a processor in a file.');
      return undefined;
    }
    if (options.batch) {
      throw new InvalidOptionError(
        'batch',
        options.batch,
        'Leave it out: a processor in a file gets jobs one by one.',
      );
    }
    return new SandboxedProcessor(processor, options);
  }

  /** Throws `InvalidOptionError` where there is no such file. */
  constructor(
    file: string | URL,
    private readonly options: SandboxOptions,
  ) {
    const path = typeof file === 'string' ? file : fileURLToPath(file);
    this.file = EXTENSIONS.includes(extname(path)) ? path : `${path}.js`;
    if (!existsSync(this.file)) {
      throw new InvalidOptionError('processor', this.file, 'There is no such file.');
    }
  }

  readonly run = async (job: Job, token?: string, signal?: AbortSignal): Promise<unknown> => {
    const child = await this.take();
    try {
      return await runIn(child, job, token ?? '', signal);
    } finally {
      if (child.ended === undefined) this.idle.push(child);
      else this.all.delete(child);
    }
  };

  /** Ends all children. */
  async close(): Promise<void> {
    this.idle.length = 0;
    await Promise.all([...this.all].map((child) => child.end()));
    this.all.clear();
  }

  private async take(): Promise<SandboxChild> {
    for (let child = this.idle.pop(); child; child = this.idle.pop()) {
      if (child.ended === undefined) return child;
      this.all.delete(child);
    }
    const child = new SandboxChild(this.file, this.options);
    this.all.add(child);
    try {
      await child.ready;
    } catch (error) {
      this.all.delete(child);
      await child.end();
      throw error;
    }
    return child;
  }
}

export function isProcessorFile(processor: unknown): processor is string | URL {
  return processor instanceof URL || (typeof processor === 'string' && processor !== '');
}

/** A job with what is needed to show it in another process. */
export function sandboxJson(job: Job): JobJsonSandbox {
  const { queueName, queueQualifiedName, prefix } = job;
  return { ...job.asJSON(), queueName, queueQualifiedName, prefix };
}

function runIn(child: SandboxChild, job: Job, token: string, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => child.send({ kind: 'cancel', reason: reasonOf(signal) });
    const settle = (end: () => void): void => {
      signal?.removeEventListener('abort', cancel);
      child.listen(() => {});
      end();
    };
    child.listen((message) => {
      if (message.kind === 'completed') settle(() => resolve(message.value));
      else if (message.kind === 'failed') settle(() => reject(errorOf(message.error)));
      else if (message.kind === 'ended') settle(() => reject(new Error(message.how)));
      else if (message.kind === 'call') void reply(child, job, message);
    });
    signal?.addEventListener('abort', cancel);
    child.send({ kind: 'run', job: sandboxJson(job), token });
  });
}

async function reply(
  child: SandboxChild,
  job: Job,
  { call, method, args }: Extract<FromChild, { kind: 'call' }>,
): Promise<void> {
  try {
    if (!PROXIED.includes(method)) throw new Error(`A job in a file of its own has no ${String(method)}.`);
    const value = await (job[method] as (...args: unknown[]) => Promise<unknown>)(...args);
    child.send({ kind: 'reply', call, value });
  } catch (error) {
    child.send({ kind: 'reply', call, error: errorText(error) });
  }
}

function reasonOf(signal: AbortSignal | undefined): string | undefined {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason.message : typeof reason === 'string' ? reason : undefined;
}
