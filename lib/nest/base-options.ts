import type { QueueBaseOptions } from '../redis/queue-base-options.js';

/** What all parts of a queue have to agree on, without what else the options hold. */
export function baseOptionsOf({ connection, prefix, codec }: QueueBaseOptions): QueueBaseOptions {
  return {
    ...(connection === undefined ? {} : { connection }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(codec === undefined ? {} : { codec }),
  };
}
