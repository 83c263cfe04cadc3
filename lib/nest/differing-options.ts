import { isDeepStrictEqual } from 'node:util';

/** Names of the options in which two registrations differ, parts of plain objects as `defaultJobOptions.attempts`. */
export function differingOptions(first: object, second: object): string[] {
  const [a, b] = [first, second] as Record<string, unknown>[] as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) => {
    if (isDeepStrictEqual(a[name], b[name])) return [];
    return name === 'defaultJobOptions'
      ? differingOptions(a[name] ?? {}, b[name] ?? {}).map((part) => `${name}.${part}`)
      : [name];
  });
}
