import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { readDeclared } from './declared.js';

/** Not for applications, and what they are for there. `docs/guides/migration.md` says the same. */
const INNER = [
  // The storage below the classes.
  ...['backend', 'getBackend', 'addJob', 'toFlowEntry', 'trace', 'processJob'],
  // Bounds of waits that are this process' own here.
  ...['minimumBlockTimeout', 'maximumBlockTimeout'],
  // Set by BullMQ itself.
  ...['prevMillis', 'repeatJobKey'],
];

const declared = readDeclared();
const folder = new URL('.', import.meta.url);
const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(ts|mjs|cjs)$/.test(name));
const others = [
  'typed-application.ts',
  'rows.spec.ts',
  'declared.ts',
  'bullmq-exports.spec.ts',
  'both.ts',
  'migrate.spec.ts',
];
const sources = await Promise.all(
  names.filter((name) => !others.includes(name)).map((name) => readFile(new URL(name, folder), 'utf8')),
);
/** All that is run with both packages. */
const programs = sources.join('\n');

const lastOf = (entry: string): string => /([\w:-]+)\W*$/.exec(entry)![1]!;
/** Entries whose name no program has in this form. */
const without = (entries: string[], form: (name: string) => string): string[] =>
  entries.filter((entry) => {
    const name = lastOf(entry);
    return !INNER.includes(name) && !new RegExp(form(name), 'u').test(programs);
  });

describe('programs that are run with both packages have a row', () => {
  it('for every public member of their classes', () => {
    expect(declared.members.length).toBeGreaterThan(200);
    expect(without(declared.members, (name) => `\\.${name}\\b`)).toEqual([]);
  });

  it('for every event', () => {
    expect(declared.events.length).toBeGreaterThan(40);
    expect(without(declared.events, (name) => `['"]${name}['"]`)).toEqual([]);
  });

  it('for every option', () => {
    expect(declared.options.length).toBeGreaterThan(100);
    expect(without(declared.options, (name) => `\\b${name}\\b['"]?\\s*[:,}]`)).toEqual([]);
  });

  it('and every export for Nest is there, types included', () => {
    expect(declared.nestExports.filter((name) => !declared.ownNestExports.includes(name))).toEqual([]);
    expect(declared.ownNestExports.length).toBeGreaterThan(20);
  });
});
