import { readFileSync, writeFileSync } from 'node:fs';
import { describeRun } from './describe-run.mjs';
import { formatNumber } from './format-number.mjs';
import { compareRatios, ratiosOf } from './gate.mjs';
import { markdownTable } from './markdown-table.mjs';
import { report } from './report.mjs';
import { reportRun } from './report-run.mjs';
import { runRounds } from './run-rounds.mjs';
import { startRedis } from './start-redis.mjs';
import { summarize } from './summarize.mjs';

/** The ratios of the last release. */
const STORED = new URL('../stored.json', import.meta.url);

// The whole run: the report on stdout, progress on stderr. Gives whether every measurement came to an end, and lost nothing
// against what is stored where that is asked.
export async function runBench(flags) {
  const redis = await startRedis();
  try {
    const run = await describeRun(flags, redis.connection);
    console.log(reportRun(run));
    const measurements = await runRounds(flags, redis.connection, tell);
    const summary = summarize(measurements);
    console.log(`\n${report(flags, summary)}`);
    if (flags.jsonFile) writeFileSync(flags.jsonFile, `${JSON.stringify({ run, measurements }, null, 2)}\n`);

    const failures = measurements.filter(({ error }) => error).length;
    if (failures > 0) console.error(`\n${failures} of ${measurements.length} measurements failed`);
    const current = ratiosOf(summary, flags);
    if (flags.stores && failures === 0) store(run, current);
    return failures === 0 && (!flags.gates || passes(current));
  } finally {
    await redis.stop();
  }
}

function store({ date, node, redis, packages, rounds, scale }, ratios) {
  writeFileSync(
    STORED,
    `${JSON.stringify({ date, node, redis, packages, rounds, scale, ratios }, null, 2)}\n`,
  );
}

function passes(current) {
  const stored = JSON.parse(readFileSync(STORED, 'utf8'));
  const rows = compareRatios(stored.ratios, current);
  const table = rows.map(({ test, peer, now, before, worst, isLoss }) => [
    ...[test, peer],
    ...[now, before, worst].map((ratio) => `${formatNumber(ratio)}×`),
    isLoss ? 'LOSS' : 'ok',
  ]);
  const head = ['test', 'against', 'now', 'stored', 'worst round stored', ''];
  console.log(`\n## Against the run of ${stored.date}\n\n${markdownTable(head, table)}`);
  return rows.length > 0 && rows.every(({ isLoss }) => !isLoss);
}

function tell({ round, test, peer, ...result }) {
  console.error(`round ${round + 1} ${test} ${peer}: ${result.error ?? JSON.stringify(result)}`);
}
