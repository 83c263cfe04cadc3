import { createHash } from 'node:crypto';

const ODD_TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '007',
  '1e3',
  'a:b',
  'a:b:c',
  '{a}',
  '}{',
  '*',
  '?',
  '[a]',
  '\\',
  '\n',
  '\r\n',
  '\0',
  '\u001b[31m',
  '\ud800',
  '\u2028',
  '$1',
  'return 1',
  '"]]--',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'null',
  'undefined',
  'NaN',
  'ä€😀',
  'é'.normalize('NFD'),
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(5000),
];
const ODD_NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  1e-7,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  123456789012345680000,
  5e-324,
  1.7976931348623157e308,
];

/** A name, an id of its own and a value of any kind that JSON can hold, each odd as often as not. */
export function fuzzedJob(
  random: () => number,
  key: number,
): {
  name?: string;
  id?: string;
  value: unknown;
  hash: string;
} {
  const value = valueOf(random, 4);
  return {
    ...(random() < 0.5 ? { name: textOf(random) } : {}),
    ...(random() < 0.5 ? { id: `${textOf(random)}${key}` } : {}),
    value,
    hash: hashOf(value),
  };
}

/** The same for values that are the same in JSON. */
export function hashOf(value: unknown): string {
  return createHash('sha1')
    .update(JSON.stringify(value) ?? '')
    .digest('base64');
}

function valueOf(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 9 : 6));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return of(ODD_NUMBERS, random);
  if (kind === 3) return (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20);
  if (kind < 6) return textOf(random);
  const size = Math.floor(random() * 5);
  if (kind === 6) return Array.from({ length: size }, () => valueOf(random, depth - 1));
  if (kind === 7) return [];
  // What is parsed may have a key that a literal cannot give itself.
  const members = Array.from(
    { length: size },
    () => `${JSON.stringify(textOf(random))}:${JSON.stringify(valueOf(random, depth - 1))}`,
  );
  return JSON.parse(`{${members.join(',')}}`);
}

function textOf(random: () => number): string {
  if (random() < 0.5) return of(ODD_TEXTS, random);
  return Array.from({ length: Math.floor(random() * 40) }, () =>
    String.fromCharCode(random() * (random() < 0.8 ? 0x7f : 0xffff)),
  ).join('');
}

const of = <T>(values: readonly T[], random: () => number): T =>
  values[Math.floor(random() * values.length)]!;
