import type { Codec } from '../job/codec.js';
import type { ConnectionOptions } from './client.js';

/** What every part of a queue takes. */
export interface QueueBaseOptions {
  /** Where Redis is. Default: 127.0.0.1:6379. Equal options share one connection in a process. */
  connection?: ConnectionOptions;
  /** Start of all keys. Default `stepwell`. */
  prefix?: string;
  /** How values are stored; see `Codec`. Default: as JSON. */
  codec?: Codec;
}

export const DEFAULT_PREFIX = 'stepwell';
