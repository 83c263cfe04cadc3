import type { ContextPropagator } from '../../job/telemetry.js';
import { BASE_OPTION_NAMES } from '../../redis/check-base-options.js';
import type { QueueBaseOptions as EngineBaseOptions } from '../../redis/queue-base-options.js';
import type { Codec } from '../../job/codec.js';
import type { BullMQTelemetry } from '../../job/bullmq-telemetry.js';
import type { Telemetry } from '../../job/telemetry.js';
import { knownConnection, knownOptions } from './known-options.js';

/** What BullMQ's keys begin with. Ours never collide with keys of BullMQ itself. */
const DEFAULT_PREFIX = 'bull';

/** As BullMQ has it: whatever `JSON.stringify` makes of a value, also where it makes nothing of a part of it. */
const AS_JSON: Codec = { serialize: (value: unknown) => value, deserialize: (stored: unknown) => stored };

/** What every class takes. */
export interface QueueBaseOptions<Connection = any> {
  /** A URL, options of ioredis, or a client of it. Default: 127.0.0.1:6379. */
  connection?: Connection;
  /** Start of all keys. Default `bull`. */
  prefix?: string;
  telemetry?: BullMQTelemetry | Telemetry;
  /** Without effect: waits share one connection of the process. */
  blockingConnection?: boolean;
  /** Whether INFO is not called, so that the version of Redis is not checked. Default false. */
  skipVersionCheck?: boolean;
  /** Without effect. */
  skipWaitingForReady?: boolean;
  /** Of Stepwell: how values are stored. Default: as `JSON.stringify` makes of them. */
  codec?: Codec;
  /** Of Stepwell: how long a call waits for a silent Redis, ms. */
  callTimeout?: number;
  /** Of Stepwell: what jobs carry of the context in which they are added. */
  propagate?: readonly ContextPropagator[];
}

/** Options as the engine takes them; `more` are names besides those of every part. */
export function engineOptions<T extends object>(
  what: string,
  options: T | undefined,
  more: readonly string[] = [],
): T & EngineBaseOptions {
  const taken = knownOptions(what, (options ?? {}) as T & QueueBaseOptions, [...BASE_OPTION_NAMES, ...more]);
  const { connection, prefix = DEFAULT_PREFIX, codec = AS_JSON, ...rest } = taken;
  const known = knownConnection(connection);
  return {
    ...rest,
    ...{ prefix, codec },
    ...(known === undefined ? {} : { connection: known }),
  } as unknown as T & EngineBaseOptions;
}
