import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import * as nestTheirs from '@nestjs/bullmq';
import * as theirs from 'bullmq';
import { NOT_THERE } from '../../lib/compat/migrate/not-there.js';
import { readCovered, readProgram } from './covered.js';
import { DECLARATIONS, readDeclared } from './declared.js';

/** Of BullMQ's storage, set by BullMQ itself, or declared and never set. `docs/guides/migration.md` says the same. */
const INNER =
  /^(\w+\.(backend|getBackend|keys|trace|addJob|toFlowEntry|processJob|m(in|ax)imumBlockTimeout)|FlowProducer\.toKey|RepeatOptions \{ (key|prevMillis|jobId) \}|.*\{ (prevMillis|repeatJobKey) \})$/;
/** Options of a class are its own, also where other classes have them from the same interface. */
const OF_A_CLASS = /^(Queue|Worker|QueueEvents)Options/;
const OF_COMMONJS = ['__esModule', 'default', 'module.exports'];

/** Used by programs in files of their own, which have no types. */
const SANDBOX = ['sandbox.spec.ts: run in processes and threads'];
const UNTYPED = new Map(
  ['useWorkerThreads', 'workerForkOptions', 'workerThreadsOptions'].flatMap((name) => [
    [`WorkerOptions { ${name} }`, SANDBOX],
    [`SandboxedOptions { ${name} }`, SANDBOX],
  ]),
);

const PAGE = new URL('../../docs/reference/bullmq.md', import.meta.url);
const MIGRATION = new URL('../../docs/guides/migration.md', import.meta.url);

const program = readProgram(DECLARATIONS);
const declared = readDeclared(program);
const covered = readCovered(program);
const notThere: string[] = Object.values(NOT_THERE).flat();

/** The tests that show a row: programs that use it on both packages. */
function shownBy(entry: string): string[] {
  const inherited = OF_A_CLASS.test(entry) ? undefined : declared.inherited.get(entry);
  return [...(covered.get(entry) ?? covered.get(inherited ?? '') ?? UNTYPED.get(entry) ?? [])].toSorted();
}

const isRow = (entry: string): boolean => !INNER.test(entry);
const without = (entries: string[]): string[] =>
  [...new Set(entries)].filter((entry) => isRow(entry) && shownBy(entry).length === 0);
const exportsOf = (lib: object): string[] =>
  Object.keys(lib).filter((name) => !notThere.includes(name) && !OF_COMMONJS.includes(name));

describe('a program that is run with both packages uses', () => {
  it('every export', () => {
    expect(without([...exportsOf(theirs), ...exportsOf(nestTheirs)])).toEqual([]);
  });

  it('every public member of their classes', () => {
    expect(declared.members.length).toBeGreaterThan(200);
    expect(without(declared.members)).toEqual([]);
  });

  it('every event', () => {
    expect(declared.events.length).toBeGreaterThan(40);
    expect(without(declared.events)).toEqual([]);
  });

  it('every option', () => {
    expect(declared.options.length).toBeGreaterThan(100);
    expect(without(declared.options)).toEqual([]);
  });

  it('and every export for Nest is there, types included', () => {
    expect(declared.nestExports.filter((name) => !declared.ownNestExports.includes(name))).toEqual([]);
    expect(declared.ownNestExports.length).toBeGreaterThan(20);
  });
});

describe('the list of rows', () => {
  it('has each row, beside a test that shows it', async () => {
    if (process.env.STEPWELL_WRITE_ROWS) await writeFile(PAGE, rendered());
    const rows = rowsOf(await readFile(PAGE, 'utf8'));
    expect(rows.map(([entry]) => entry)).toEqual(rowsOf(rendered()).map(([entry]) => entry));
    expect(rows.filter(([entry, test]) => !shownBy(entry).includes(test))).toEqual([]);
  });
});

describe('the page on migration', () => {
  it('has a test for each row of what differs', async () => {
    const rows = tableOf(await readFile(MIGRATION, 'utf8'), 'What differs here').map(([first]) =>
      first!.replaceAll('`', ''),
    );
    const spec = await readFile(new URL('differences.spec.ts', import.meta.url), 'utf8');
    const titles = [...spec.matchAll(/^ {2}it\((?:'(.*)'|"(.*)"),/gm)].map((each) => each[1] ?? each[2]);
    expect(rows.length).toBeGreaterThan(30);
    expect(rows).toEqual(titles);
  });

  it.each(['Exports of bullmq', 'Options', 'Exports of @nestjs/bullmq'])(
    'names in “%s” what programs use, or what is not there',
    async (heading) => {
      const used = new Set(
        [...covered.keys(), ...UNTYPED.keys()].map((entry) => /(\w+)\W*$/.exec(entry)![1]!),
      );
      const rows = tableOf(await readFile(MIGRATION, 'utf8'), heading);
      const names = rows
        .filter(
          ([first, fate]) => !fate!.startsWith('Not there') && !first!.startsWith('Options of Stepwell'),
        )
        .flatMap(([first]) => [...first!.matchAll(/`([\w.]+)`/g)].map((each) => each[1]!.split('.').at(-1)!));
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((name) => !used.has(name))).toEqual([]);
    },
  );
});

/** The rows of the list: an entry, and a test. */
function rowsOf(page: string): [entry: string, test: string][] {
  return [...page.matchAll(/^\| `(.+)` \| (.+) \|$/gm)].map(([, entry, test]) => [entry!, test!]);
}

/** Cells of the rows of the table below a heading. */
function tableOf(page: string, heading: string): string[][] {
  const [, below = ''] = page.split(`## ${heading}\n`);
  const lines = below.split('\n## ')[0]!.split('\n');
  return lines
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function rendered(): string {
  const section = (title: string, entries: string[]): string => {
    const rows = [...new Set(entries)].filter(isRow).toSorted();
    return [`## ${title}`, '', '| Row | Shown by |', '| --- | --- |', ...rows.map(rowOf), ''].join('\n');
  };
  return [
    '# What is shown of bullmq and @nestjs/bullmq',
    '',
    'Every export, public member, event and option of `bullmq` 6.7 and `@nestjs/bullmq`, as their declarations have them, with one of the tests that',
    'use it: the same program runs on BullMQ and on the entries here, and what it returns is compared. The tests are in `test/compat/`.',
    'What differs on purpose has [a table of its own](../guides/migration.md#what-differs-here).',
    'This page is written by `STEPWELL_WRITE_ROWS=1 npm run check -- compile-tests`.',
    '',
    section('Exports of bullmq', exportsOf(theirs)),
    section('Exports of @nestjs/bullmq', exportsOf(nestTheirs)),
    section('Members', declared.members),
    section('Events', declared.events),
    section('Options', declared.options),
  ].join('\n');
}

function rowOf(entry: string): string {
  return `| \`${entry}\` | ${shownBy(entry)[0] ?? ''} |`;
}
