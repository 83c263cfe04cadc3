import type { Codec } from './codec.js';
import { NotSerializableError, UnreadableValueError } from './errors.js';
import { MisplacedOutcomeError, OUTCOME } from './misplaced-outcome-error.js';

/**
 * JSON of a value that a user gave; `undefined` becomes `fallback`. Its text never holds a raw line break, whatever the
 * codec answers. Throws `NotSerializableError`, also where JSON would keep nothing of a value, and `MisplacedOutcomeError`.
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
  if (!codec && (json === undefined || json === '{}')) {
    refuseEmptied(what, value, json);
  }
  return json ?? fallback;
}

/** Functions and symbols are nothing in JSON; maps, sets, promises, errors and the like come out as an empty object. */
function refuseEmptied(what: string, value: unknown, json: string | undefined): void {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  const isLost = typeof value === 'function' || typeof value === 'symbol' || (json && tag !== 'Object');
  if (isLost) {
    const kind = typeof value === 'object' ? tag : typeof value;
    throw new NotSerializableError(
      what,
      `nothing would be left of a ${kind}. Use plain values, or give the queue a codec that takes it.`,
    );
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
