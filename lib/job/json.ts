import type { Codec } from './codec.js';
import { NotSerializableError, UnreadableValueError, ValueTooLargeError } from './errors.js';
import { findLost, type LostValue } from './lost-value.js';
import { MisplacedOutcomeError, OUTCOME } from './misplaced-outcome-error.js';

/** Bytes that a stored value may have: 16 MiB. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * JSON of a value that a user gave; `undefined` becomes `fallback`. Its text never holds a raw line break, whatever the
 * codec returns. Throws `NotSerializableError`, also where JSON would keep nothing of a part of it, `ValueTooLargeError` and
 * `MisplacedOutcomeError`.
 */
export function encodeJson(what: string, value: unknown, fallback: string, codec?: Codec): string {
  if (value === undefined && (!codec || fallback === 'null')) {
    return fallback;
  }
  if (typeof value === 'object' && value !== null && OUTCOME in value) {
    throw new MisplacedOutcomeError(what);
  }
  let json: string | undefined;
  try {
    json = JSON.stringify(codec ? codec.serialize(value === undefined ? {} : value) : value);
  } catch (error) {
    throw new NotSerializableError(what, error);
  }
  if (!codec) {
    refuseLost(what, value, json);
  }
  if (json !== undefined) {
    checkSize(what, json);
  }
  return json ?? fallback;
}

/** Nothing of a function or a map is in JSON, and nobody would notice: see `findLost`. */
function refuseLost(what: string, value: unknown, json: string | undefined): void {
  if (typeof value !== 'object' && json !== undefined) {
    return;
  }
  const lost = findLost(value) ?? (json === '{}' ? emptied(value) : undefined);
  if (lost) {
    const place = lost.path === '' ? '' : ` at ${lost.path}`;
    throw new NotSerializableError(
      what,
      `nothing would be left of a ${lost.kind}${place}. Use plain values, or give the queue a codec that takes it.`,
    );
  }
}

/** Other objects that come out as an empty one. */
function emptied(value: unknown): LostValue | undefined {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'Object' ? undefined : { kind: tag, path: '' };
}

/**
 * Throws `ValueTooLargeError` for a text of more than `MOST_BYTES`: to send it would take longer than a connection may be silent,
 * again and again, and hold up all other calls of the process.
 */
export function checkSize(what: string, text: string): void {
  if (text.length * 3 > MOST_BYTES) {
    const bytes = Buffer.byteLength(text);
    if (bytes > MOST_BYTES) {
      throw new ValueTooLargeError(what, bytes, MOST_BYTES);
    }
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
