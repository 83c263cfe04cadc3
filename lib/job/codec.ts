import { InvalidOptionError } from './errors.js';

/**
 * How values become JSON and back, for data, results, progress and what steps return. All who add, process, read or
 * listen to a queue need the same one. Without a codec values go through `JSON.stringify`, which turns dates into
 * texts; what it would make nothing of, such as a map or a function, is refused.
 *
 * @example
 * import superjson from 'superjson';
 * const orders = new Queue('orders', { connection, codec: superjson });
 */
export interface Codec {
  /** Returns what `JSON.stringify` keeps whole: a text, or an object of plain values. */
  serialize(value: any): unknown;
  /** Takes what `serialize` returned, read back from JSON. */
  deserialize(stored: any): unknown;
}

export function checkCodec(option: string, value: unknown): void {
  const codec = value as Partial<Codec> | null;
  if (typeof codec?.serialize !== 'function' || typeof codec.deserialize !== 'function') {
    throw new InvalidOptionError(
      option,
      value,
      'Use an object with the functions `serialize` and `deserialize`.',
    );
  }
}
