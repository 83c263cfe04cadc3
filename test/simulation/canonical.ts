import { Violation } from './violation.js';

/** JSON with the keys of objects in order, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isPlain(part) ? sorted(part) : part));
}

/** Of objects and lists that differ, the first part that does is shown. */
export function checkSame(what: string, expected: unknown, actual: unknown): void {
  const [one, other] = [canonical(expected), canonical(actual)];
  if (one === other) return;
  if (isParted(expected) && isParted(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      checkSame(`${what}, ${key}`, expected[key], actual[key]);
    }
  }
  throw new Violation(`${what}: should be ${one}, is ${other}`);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isParted(value: unknown): value is Record<string, unknown> {
  return isPlain(value) || (Array.isArray(value) && value.some((part) => typeof part === 'object'));
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
