/** What JSON keeps nothing of, and where it is in a value. */
export interface LostValue {
  /** Such as `Map` or `function`. */
  kind: string;
  /** Such as `items.3.tags`, '' for the value itself. */
  path: string;
}

/** What is left of these in JSON is an empty object. */
const EMPTIED = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Promise', 'Error', 'RegExp']);

/**
 * Looks for what JSON would silently lose in a value: functions, symbols, maps, sets, promises, errors. Only for values of which
 * JSON has been made, and which so have no circles. Whatever has a `toJSON` says itself what is kept of it.
 */
export function findLost(value: unknown): LostValue | undefined {
  const type = typeof value;
  if (type === 'function' || type === 'symbol') {
    return { kind: type, path: '' };
  }
  return type === 'object' && value !== null ? findIn(value as object) : undefined;
}

function findIn(value: object): LostValue | undefined {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const item: unknown = value[i];
      if (typeof item === 'object' ? item !== null : typeof item === 'function' || typeof item === 'symbol') {
        const lost = findLost(item);
        if (lost) return below(i, lost);
      }
    }
    return undefined;
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
    if (EMPTIED.has(tag)) {
      return Object.keys(value).length === 0 ? { kind: tag, path: '' } : undefined;
    }
  }
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' ? item !== null : typeof item === 'function' || typeof item === 'symbol') {
      const lost = Object.hasOwn(value, key) ? findLost(item) : undefined;
      if (lost) return below(key, lost);
    }
  }
  return undefined;
}

function below(key: string | number, { kind, path }: LostValue): LostValue {
  return { kind, path: path === '' ? String(key) : `${key}.${path}` };
}
