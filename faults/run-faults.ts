import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { describeMachine, type Machine } from './machine.js';
import { runMatrix } from './matrix.js';
import { isPassed, type Result } from './result.js';
import type { Row } from './row.js';
import { rows } from './rows/rows.js';
import { useServer } from './use-server.js';
import { runRow } from './run-row.js';
import { systems } from './systems/systems.js';
import { table } from './table.js';
import { writePage } from './write-page.js';

interface Flags {
  rows: readonly Row[];
  systems: readonly string[];
  seed: number;
  isShort: boolean;
  json: string | undefined;
  /** Goes on with the results in `json`. */
  isResumed: boolean;
  page: string | undefined;
  isMatrix: boolean;
  names: readonly string[];
}

/** As scripts/faults.mjs reads them. */
export interface FaultOptions {
  positionals: readonly string[];
  seed: number;
  on?: string;
  short: boolean;
  json?: string;
  resume: boolean;
  server?: string;
  write?: string;
  matrix: boolean;
}

/** Returns the exit code: 0 where no row of Stepwell failed. What others fail is in the table. */
export async function runFaults(options: FaultOptions): Promise<number> {
  const flags = readFlags(options);
  if (flags.isMatrix) return runMatrix(flags);
  const machine = await describeMachine();
  const [loadBefore] = loadavg();
  const before = await earlier(flags);
  const startedAt = new Date(before?.startedAt ?? Date.now());
  const begunMs = Date.now() - (before?.minutes ?? 0) * 60_000;
  let results = before?.results ?? [];
  const left = flags.rows.filter(
    ({ name }) => flags.names.includes(name) || !results.some(({ row }) => row === name),
  );
  for (const [n, row] of left.entries()) {
    const came = await runOnAll(row, flags, machine);
    results = inOrder([...results.filter((old) => !came.some((now) => isSame(old, now))), ...came]);
    const minutes = (Date.now() - begunMs) / 60_000;
    console.log(`  ${n + 1} of ${left.length} rows after ${minutes.toFixed(1)} minutes`);
    await save(flags, { startedAt, minutes, machine, results });
  }
  const minutes = ((Date.now() - begunMs) / 60_000).toFixed(1);
  const load = `${loadBefore!.toFixed(1)} before and ${loadavg()[0]!.toFixed(1)} after`;
  const text = [headline(flags, machine, startedAt, minutes, load), '', table(results)].join('\n');
  console.log(`\n${text}\n`);
  if (flags.page !== undefined) await writePage(flags.page, text);
  const ours = results.filter(({ system, skipped }) => system === 'stepwell' && skipped === undefined);
  const passed = ours.filter(isPassed).length;
  console.log(
    `${passed} of ${ours.length} rows passed on stepwell, ${results.filter(({ skipped }) => skipped).length} not run`,
  );
  return passed === ours.length ? 0 : 1;
}

/** The row on each system: side by side, under the same conditions, unless it needs the machine for itself. */
async function runOnAll(row: Row, flags: Flags, machine: Machine): Promise<Result[]> {
  const run = async (name: string): Promise<Result> => {
    const result = await runRow(row, systems[name]!, { ...flags, machine });
    report(result);
    return result;
  };
  if (!row.isAlone) return Promise.all(flags.systems.map(run));
  const results: Result[] = [];
  for (const name of flags.systems) results.push(await run(name));
  return results;
}

interface Run {
  startedAt: string;
  minutes: number;
  results: Result[];
}

/** A run that was cut short, or some of whose rows are run again. */
async function earlier({ json, isResumed }: Flags): Promise<Run | undefined> {
  if (!isResumed) return undefined;
  if (json === undefined) throw new Error('--resume wants --json: the file with what there is');
  return JSON.parse(await readFile(json, 'utf8')) as Run;
}

function isSame(a: Result, b: Result): boolean {
  return a.row === b.row && a.system === b.system;
}

function inOrder(results: readonly Result[]): Result[] {
  const names = Object.keys(systems);
  const place = ({ row, system }: Result): number =>
    rows.findIndex(({ name }) => name === row) * names.length + names.indexOf(system);
  return results.toSorted((a, b) => place(a) - place(b));
}

/** After each row, so that a run that is cut short has said what it saw. */
async function save({ json, seed }: Flags, run: object): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ seed, ...run }, null, 2)}\n`);
}

function readFlags({ positionals, seed, ...values }: FaultOptions): Flags {
  const names = (values.on ?? (values.short ? 'stepwell' : Object.keys(systems).join(','))).split(',');
  for (const name of names) {
    if (systems[name] === undefined)
      throw new Error(`--on wants some of ${Object.keys(systems).join(', ')}, not "${name}"`);
  }
  if (values.server !== undefined) useServer(values.server);
  for (const name of positionals) {
    if (!rows.some((row) => row.name === name)) {
      throw new Error(`There is no row ${name}; the rows are ${rows.map((row) => row.name).join(', ')}`);
    }
  }
  return {
    rows: rows.filter(({ name, isShort }) =>
      positionals.length > 0 ? positionals.includes(name) : !values.short || isShort,
    ),
    systems: names,
    seed,
    isShort: values.short,
    json: values.json,
    isResumed: values.resume,
    page: values.write,
    isMatrix: values.matrix,
    names: positionals,
  };
}

function headline(flags: Flags, machine: Machine, startedAt: Date, minutes: string, load: string): string {
  const { packages } = machine;
  return [
    `${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, seed ${flags.seed}, ${minutes} minutes${flags.isShort ? ', the short selection' : ''}.`,
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, ${machine.system}, Node ${machine.node}, ${machine.server}; load average ${load}.`,
    `Stepwell ${packages['stepwell']}, BullMQ ${packages['bullmq']}, both with ioredis ${packages['ioredis']}.`,
  ].join('\n');
}

function report({ row, system, skipped, broken, wrong, tookMs, verdict }: Result): void {
  const took = `${(tookMs / 1000).toFixed(1)} s`;
  if (skipped !== undefined) return console.log(`- ${row} on ${system}: not run, ${skipped}`);
  if (broken !== undefined) return console.log(`✗ ${row} on ${system} (${took}): ${broken}`);
  const jobs = `${verdict?.answered} jobs, ${verdict?.faults} faults`;
  const lines = [...wrong, ...(process.env['DEBUG'] ? (verdict?.examples ?? []) : [])];
  const sign = wrong.length === 0 ? '✓' : '✗';
  console.log(
    [`${sign} ${row} on ${system} (${jobs}, ${took})`, ...lines.map((text) => `    ${text}`)].join('\n'),
  );
}
