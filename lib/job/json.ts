import { NotSerializableError } from './errors.js';

/** JSON of a value that a user gave; `undefined` becomes `fallback`. Its text never holds a raw line break. */
export function encodeJson(what: string, value: unknown, fallback: string): string {
  try {
    return JSON.stringify(value) ?? fallback;
  } catch (error) {
    throw new NotSerializableError(what, error);
  }
}

export function decodeJson<T>(text: string): T {
  return JSON.parse(text) as T;
}
