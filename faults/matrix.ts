import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startRedis } from '../lib/testing/index.js';
import { describeMachine, type Machine } from './machine.js';
import { isPassed } from './result.js';
import { rows } from './rows/rows.js';
import type { Row } from './row.js';
import { runRow } from './run-row.js';
import { systems } from './systems/systems.js';
import { SERVERS, usePath, useServer } from './use-server.js';
import { writePage } from './write-page.js';

const MARK = 'npm run faults -- --matrix --write';
/** One row of each kind of fault: the server dies, it fails over, its scripts go, its slots move, its memory is full. */
const ROWS = [
  'redis-killed-always',
  'replica-promoted',
  'scripts-flushed',
  'out-of-memory',
  'slot-moved',
  'slot-moved-whole',
];
const notRun = async (): Promise<Tests> => ({ text: 'not run', isPassed: true });
/** Tests of what servers differ in: scripts and functions, rights, flows over slots, times, memory of finished calls. */
const SPECS = [
  'engine/cluster',
  'engine/deduplication',
  'engine/delays',
  'engine/event-streams',
  'engine/flows-cluster',
  'engine/functions',
  'engine/job-life',
  'engine/limits',
  'engine/rights',
  'engine/steps',
  'engine/worker-locks',
  'lua/commit-outcomes',
  'lua/dedup-modes',
  'lua/fetch-jobs',
  'lua/odd-arguments',
  'lua/receive',
  'lua/recover-stalled',
  'lua/schedulers',
].map((name) => `test/${name}.spec.ts`);

const ABOUT_FUNCTIONS = 'test/engine/functions.spec.ts';

interface Tests {
  text: string;
  isPassed: boolean;
}

/** Has every server that is here run the same tests and rows, and says what came of it. Returns the exit code. */
export async function runMatrix({
  page,
  seed,
  names,
}: {
  page: string | undefined;
  seed: number;
  /** Rows to run, and no tests. Default: those of the matrix, and the tests. */
  names: readonly string[];
}): Promise<number> {
  const chosen = rows.filter(({ name }) => (names.length > 0 ? names : ROWS).includes(name));
  const runTests = names.length > 0 ? notRun : runSpecs;
  const found = existsSync(SERVERS) ? readdirSync(SERVERS).sort() : [];
  const path = process.env['PATH'] ?? '';
  const lines: string[][] = [];
  let isGreen = true;
  for (const name of [undefined, ...found]) {
    usePath(path);
    if (name !== undefined) useServer(name);
    const machine = await describeMachine();
    const tests = await runTests(true);
    const results = await runRows(chosen, machine, seed);
    isGreen &&= tests.isPassed && results.every(({ isGood }) => isGood);
    lines.push([machine.server, tests.text, ...results.map(({ text }) => text)]);
    if (name === undefined && names.length === 0) {
      // What a server before 7.0 has to do with, on one that is here.
      const scripts = await runTests(false);
      isGreen &&= scripts.isPassed;
      lines.push([`${machine.server}, without functions`, scripts.text, ...results.map(() => 'not run')]);
    }
    // After each server, so that a run that is cut short has said what it saw.
    if (page !== undefined) await writePage(page, describe(chosen, lines, seed), MARK);
  }
  usePath(path);
  console.log(`\n${describe(chosen, lines, seed)}`);
  return isGreen ? 0 : 1;
}

async function runRows(
  chosen: readonly Row[],
  machine: Machine,
  seed: number,
): Promise<{ text: string; isGood: boolean }[]> {
  const cells: { text: string; isGood: boolean }[] = [];
  for (const row of chosen) {
    const result = await runRow(row, systems['stepwell']!, { seed, isShort: true, machine });
    const isGood = result.skipped !== undefined || isPassed(result);
    const text = result.skipped !== undefined ? 'not run' : isGood ? 'passed' : '**failed**';
    cells.push({ text, isGood });
    const why = [result.skipped ?? '', result.broken ?? '', ...result.wrong].filter(Boolean).join('; ');
    console.log(`${machine.server}, ${row.name}: ${text} ${why}`);
  }
  return cells;
}

function describe(chosen: readonly Row[], lines: readonly string[][], seed: number): string {
  const [first, last] = [SPECS[0]!, SPECS.at(-1)!];
  return [
    `${new Date().toISOString().slice(0, 10)}, seed ${seed}. Tests: ${SPECS.length} files from \`${first}\` to \`${last}\`; rows in their short form.`,
    '',
    ...tableOf([['Server', 'Tests', ...chosen.map(({ name }) => `\`${name}\``)], ...lines]),
  ].join('\n');
}

function tableOf(lines: readonly string[][]): string[] {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const [head, ...rest] = lines.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  return [head!, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest];
}

/** The tests on a server of the program that is first on the PATH. */
async function runSpecs(functions: boolean): Promise<Tests> {
  const redis = await startRedis({ external: false });
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const specs = functions ? SPECS : SPECS.filter((path) => path !== ABOUT_FUNCTIONS);
  const child = spawn(
    process.execPath,
    [
      ...args,
      resolve(join('node_modules', 'jest', 'bin', 'jest.js')),
      '--maxWorkers=1',
      '--forceExit',
      ...specs,
    ],
    {
      env: {
        ...process.env,
        STEPWELL_TEST_REDIS_URL: redis.url,
        ...(functions ? {} : { STEPWELL_FUNCTIONS: 'off' }),
      },
      stdio: ['ignore', 'inherit', 'pipe'],
    },
  );
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (process.env['DEBUG']) process.stderr.write(chunk);
  });
  const code = await new Promise<number | null>((done) => child.on('exit', done));
  await redis.stop();
  const totals = /^Tests: +(.+), \d+ total$/m.exec(output)?.[1] ?? 'broke down';
  for (const [, failed] of output.matchAll(/^ +● (.+ › .+)$/gm)) console.log(`    ${failed}`);
  return { text: code === 0 ? totals : `**${totals}**`, isPassed: code === 0 };
}
