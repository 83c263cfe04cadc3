import type { Codec } from './codec.js';
import { NotSerializableError, UnreadableValueError } from './errors.js';

/**
 * JSON of a value that a user gave; `undefined` becomes `fallback`. Its text never holds a raw line break, whatever the
 * codec answers.
 */
export function encodeJson(what: string, value: unknown, fallback: string, codec?: Codec): string {
  if (value === undefined && (!codec || fallback === 'null')) {
    return fallback;
  }
  try {
    return JSON.stringify(codec ? codec.serialize(value === undefined ? {} : value) : value) ?? fallback;
  } catch (error) {
    throw new NotSerializableError(what, error);
  }
}

export function decodeJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** What `encodeJson` stored; nothing given was stored without the codec. Throws `UnreadableValueError`. */
export function decodeValue<T>(what: string, text: string, codec?: Codec): T {
  const stored: unknown = parseStored(what, text);
  if (!codec || text === 'null') {
    return stored as T;
  }
  try {
    return codec.deserialize(stored) as T;
  } catch (error) {
    throw new UnreadableValueError(what, error);
  }
}

/** JSON that was stored. Throws `UnreadableValueError`, without the text: it may hold what is not for logs. */
export function parseStored(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableValueError(what, 'it is not JSON.');
  }
}
