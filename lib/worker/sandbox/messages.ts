import type { JobJsonSandbox } from '../../job/job-json.js';

/** Calls of a job that its proxy passes on. */
export const PROXIED = [
  ...([
    'updateProgress',
    'updateData',
    'log',
    'moveToDelayed',
    'moveToWait',
    'moveToWaitingChildren',
  ] as const),
  ...([
    'getChildrenValues',
    'getIgnoredChildrenFailures',
    'getDependencies',
    'getDependenciesCount',
  ] as const),
] as const;

export type ProxiedCall = (typeof PROXIED)[number];

/** An error as text: what it is called says what it means. */
export interface ErrorText {
  name: string;
  message: string;
  stack: string;
}

export type ToChild =
  | { kind: 'init'; file: string }
  | { kind: 'run'; job: JobJsonSandbox; token: string }
  | { kind: 'reply'; call: number; value?: unknown; error?: ErrorText }
  | { kind: 'cancel'; reason?: string | undefined };

export type FromChild =
  | { kind: 'ready' }
  | { kind: 'unfit'; error: ErrorText }
  | { kind: 'call'; call: number; method: ProxiedCall; args: unknown[] }
  | { kind: 'completed'; value: unknown }
  | { kind: 'failed'; error: ErrorText };

/** Never throws, whatever was thrown. */
export function errorText(thrown: unknown): ErrorText {
  const { name, message, stack } = (
    typeof thrown === 'object' && thrown !== null ? thrown : {}
  ) as Partial<Error>;
  const text = typeof message === 'string' ? message : String(thrown);
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: text,
    stack: typeof stack === 'string' ? stack : text,
  };
}

/** An error that is known by its name, as the one that it was. */
export function errorOf({ name, message, stack }: ErrorText): Error {
  const error = new Error(message);
  error.name = name;
  error.stack = stack;
  return error;
}
