import { isPassed, type Result } from './result.js';

const HEADER = [
  'fault',
  'on',
  'jobs',
  'faults',
  'lost',
  'doubled',
  'stuck',
  'stale',
  'again',
  'recovery p50 / p99 / max',
  'memory',
  '',
];

/** The table, as docs/faults.md holds it. */
export function table(results: readonly Result[]): string {
  const rows = results.map(cells);
  const widths = HEADER.map((_, column) =>
    Math.max(3, ...[HEADER, ...rows].map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function cells(result: Result): string[] {
  const { title, system, verdict, skipped, broken, serverLoses } = result;
  const blank = Array.from({ length: HEADER.length - 3 }, () => '');
  if (skipped !== undefined) return [title, system, ...blank, `not run: ${skipped}`];
  if (verdict === undefined) return [title, system, ...blank, `**broke down**: ${broken ?? ''}`];
  const lost = String(verdict.lost.length);
  return [
    title,
    system,
    `${verdict.answered}${verdict.refused > 0 ? `, ${verdict.refused} refused` : ''}${verdict.unknown > 0 ? `, ${verdict.unknown} unknown` : ''}`,
    String(verdict.faults),
    serverLoses && verdict.lost.length > 0 ? `(${lost})` : strong(lost),
    strong(String(verdict.doubled.length)),
    strong(String(verdict.stuck.length)),
    verdict.staleTried > 0 ? `${strong(String(verdict.staleAccepted))} of ${verdict.staleTried}` : '0',
    String(verdict.rerun),
    verdict.recoveryMs.count === 0
      ? '–'
      : ['p50', 'p99', 'max'].map((name) => seconds(verdict.recoveryMs[name as 'max'])).join(' / '),
    `${Math.round((result.peakBytes ?? 0) / 2 ** 20)} MiB`,
    [isPassed(result) ? 'passed' : '**failed**', ...notes(result)].join('; '),
  ];
}

/** What the other columns do not say. */
function notes({ verdict, unclosed, broken, wrong, remarks }: Result): string[] {
  const known = /^(lost|ran|left|took) /;
  const all = [
    ...(broken === undefined ? [] : [broken]),
    ...(verdict && verdict.failed.length > 0 ? [`${verdict.failed.length} failed`] : []),
    ...(unclosed ? [`${unclosed} workers did not close`] : []),
    ...wrong.filter(
      (text) => !known.test(text) && !text.startsWith('failed ') && !text.endsWith('did not close'),
    ),
    ...remarks,
  ];
  // A remark may be what is wrong.
  return [...new Set(all)];
}

const strong = (count: string): string => (count === '0' ? count : `**${count}**`);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 9950 ? 2 : 1)}`;
