import type { QueueBaseOptions } from '../redis/queue-base-options.js';

/** What all parts of a queue have to agree on, without what else the options hold. */
export function baseOptionsOf({
  connection,
  skipVersionCheck,
  prefix,
  codec,
  telemetry,
  propagate,
}: QueueBaseOptions): QueueBaseOptions {
  return {
    ...(connection === undefined ? {} : { connection }),
    ...(skipVersionCheck === undefined ? {} : { skipVersionCheck }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(codec === undefined ? {} : { codec }),
    ...(telemetry === undefined ? {} : { telemetry }),
    ...(propagate === undefined ? {} : { propagate }),
  };
}
