import { checkBoolean, checkPrefix } from '../job/check.js';
import { checkCodec } from '../job/codec.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';
import { checkPropagate, checkTelemetry } from '../job/tracing.js';
import { checkCallTimeout, DEFAULT_PREFIX, type QueueBaseOptions } from './queue-base-options.js';

const NAMES: Record<keyof QueueBaseOptions, true> = {
  ...{
    connection: true,
    skipVersionCheck: true,
    prefix: true,
    codec: true,
    callTimeout: true,
    telemetry: true,
    propagate: true,
  },
};

/** Names of the options that every part of a queue takes. */
export const BASE_OPTION_NAMES = Object.keys(NAMES);

/**
 * Throws an `InvalidOptionError` for the first option that cannot be used; unknown names count as such. The connection is
 * checked where it is made.
 * @param what such as `queue option`
 * @param more names of the options that it takes besides
 */
export function checkBaseOptions(
  what: string,
  options: QueueBaseOptions,
  more: readonly string[] = [],
): void {
  refuseLooseConnection(what, options);
  refuseUnknown(what, options, [...BASE_OPTION_NAMES, ...more]);
  checkPrefix(options.prefix ?? DEFAULT_PREFIX);
  if (options.skipVersionCheck !== undefined) {
    checkBoolean('skipVersionCheck', options.skipVersionCheck);
  }
  if (options.codec !== undefined) {
    checkCodec('codec', options.codec);
  }
  if (options.callTimeout !== undefined) {
    checkCallTimeout('callTimeout', options.callTimeout);
  }
  if (options.telemetry !== undefined) {
    checkTelemetry('telemetry', options.telemetry);
  }
  if (options.propagate !== undefined) {
    checkPropagate('propagate', options.propagate);
  }
}

/** Throws where what belongs into `connection` stands beside it, or has the name that other queues have for it. */
export function refuseLooseConnection(what: string, options: object | null): void {
  const name = ['url', 'host', 'port', 'redis'].find((part) => Object.hasOwn(options ?? {}, part));
  if (name !== undefined) {
    const hint = "Say it in connection: 'redis://127.0.0.1:6379', or ioredis options such as { host, port }.";
    throw new InvalidOptionError(`${what} ${name}`, '…', hint);
  }
}
