// What runs in a child process or a worker thread: loads a processor's file, and runs it for the jobs that it is sent.
import { parentPort } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import type { JobJsonSandbox } from '../../job/job-json.js';
import { errorOf, errorText, type FromChild, type ProxiedCall, PROXIED, type ToChild } from './messages.js';

type SandboxProcessor = (job: object, token: string, signal: AbortSignal) => unknown;

const port = parentPort;
const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let calls = 0;
let run: SandboxProcessor | undefined;
let abort: AbortController | undefined;

function send(message: FromChild): void {
  if (port) port.postMessage(message);
  else process.send?.(message);
}

async function load(file: string): Promise<void> {
  try {
    let found: unknown = await import(pathToFileURL(file).href);
    // A CommonJS file's exports are the default one, whose own default may be meant.
    for (let depth = 0; depth < 3 && typeof found !== 'function'; depth += 1) {
      found = (found as { default?: unknown } | undefined)?.default;
    }
    if (typeof found !== 'function') throw new Error('No function is exported in processor file');
    run = found as SandboxProcessor;
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'unfit', error: errorText(error) });
  }
}

function call(method: ProxiedCall, args: unknown[]): Promise<unknown> {
  calls += 1;
  const number = calls;
  return new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject });
    send({ kind: 'call', call: number, method, args });
  });
}

/** The job as it was when it was sent, with what it may ask of Redis. */
function proxyOf(json: JobJsonSandbox): Record<string, unknown> {
  const parse = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
  const proxy: Record<string, unknown> = {
    ...json,
    data: parse(json.data),
    returnValue: parse(json.returnvalue),
    stacktrace: parse(json.stacktrace) ?? [],
  };
  for (const method of PROXIED) {
    proxy[method] = async (...args: unknown[]) => {
      const reply = await call(method, args);
      if (method === 'updateData') proxy['data'] = args[0];
      if (method === 'updateProgress') proxy['progress'] = args[0];
      return reply;
    };
  }
  return proxy;
}

async function start(json: JobJsonSandbox, token: string): Promise<void> {
  abort = new AbortController();
  try {
    send({ kind: 'completed', value: await run!(proxyOf(json), token, abort.signal) });
  } catch (error) {
    send({ kind: 'failed', error: errorText(error) });
  }
}

function take(message: ToChild): void {
  if (message?.kind === 'init') void load(message.file);
  else if (message?.kind === 'run') void start(message.job, message.token);
  else if (message?.kind === 'cancel') abort?.abort(message.reason);
  else if (message?.kind === 'reply') {
    const { resolve, reject } = waiting.get(message.call) ?? {};
    waiting.delete(message.call);
    if (message.error) reject?.(errorOf(message.error));
    else resolve?.(message.value);
  }
}

if (port) port.on('message', take);
else process.on('message', take);

process.on('uncaughtException', (error) => {
  send({ kind: 'failed', error: errorText(error) });
  process.exitCode = 1;
  if (port) port.close();
  else process.disconnect?.();
});
