import { checkNumber, LONGEST_TIMER_MS } from '../job/check.js';
import type { Codec } from '../job/codec.js';
import type { BullMQTelemetry } from '../job/bullmq-telemetry.js';
import type { ContextPropagator, Telemetry } from '../job/telemetry.js';
import type { ConnectionOptions } from './client.js';

/** What every part of a queue takes. */
export interface QueueBaseOptions {
  /** Where Redis is. Default: 127.0.0.1:6379. Equal options share one connection in a process. */
  connection?: ConnectionOptions;
  /**
   * Whether Redis is taken as it is: INFO is not called, so that its version is not checked, nor is a warning given where it may evict
   * jobs. Default false.
   */
  skipVersionCheck?: boolean;
  /** Start of all keys. Default `stepwell`. */
  prefix?: string;
  /** How values are stored; see `Codec`. Default: as JSON. */
  codec?: Codec;
  /**
   * Milliseconds that a call waits for a Redis that is silent, out of reach or failing over; then it rejects with
   * `CallTimeoutError`. A call that waits for its turn while others get replies is not waiting in silence. Default 5000;
   * for a `Worker` the longer of that and its `lockDuration`.
   */
  callTimeout?: number;
  /**
   * Where traces and measures go: `openTelemetry()` of `stepwell/otel`, or what has BullMQ's interface, such as
   * `new BullMQOtel({ tracerName: 'shop' })`. Default: nowhere; in Nest to OpenTelemetry where the process has set it up.
   */
  telemetry?: Telemetry | BullMQTelemetry;
  /** What of the context in which a job is added its processor finds again; see `ContextPropagator`. Default: nothing. */
  propagate?: readonly ContextPropagator[];
}

/** Throws unless `value` can be a `callTimeout`. */
export function checkCallTimeout(option: string, value: unknown): void {
  checkNumber(option, value, 1, LONGEST_TIMER_MS);
}

export const DEFAULT_PREFIX = 'stepwell';
