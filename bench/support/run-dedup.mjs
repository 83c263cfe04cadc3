import { writeFileSync } from 'node:fs';
import { describeRun } from './describe-run.mjs';
import { formatNumber, formatRange } from './format-number.mjs';
import { markdownTable } from './markdown-table.mjs';
import { measureInTurns } from './measure-in-turns.mjs';
import { reportRun } from './report-run.mjs';
import { startRedis } from './start-redis.mjs';
import { summarize } from './summarize.mjs';

// Sizes are those at --scale 1. A window of 1 is one add after the other.
const TESTS = [
  { name: 'ignoredSerial', kind: 'dedup', jobs: 4_000, window: 1 },
  { name: 'ignoredWindow', kind: 'dedup', jobs: 20_000, window: 1_000 },
];

// The report on stdout, progress on stderr. Gives whether every measurement came to an end.
export async function runDedup(flags) {
  const tests = TESTS.map((test) => ({ ...test, jobs: Math.max(200, Math.round(test.jobs * flags.scale)) }));
  const redis = await startRedis();
  try {
    const run = { ...(await describeRun({ ...flags, tests: [] }, redis.connection)), tests };
    console.log(reportRun({ ...run, title: 'Ignored adds' }));
    const measurements = await measureInTurns(tests, flags, redis.connection);
    console.log(`\n${tableOf(tests, flags, summarize(measurements))}`);
    if (flags.jsonFile) writeFileSync(flags.jsonFile, `${JSON.stringify({ run, measurements }, null, 2)}\n`);
    return measurements.every(({ error }) => !error);
  } finally {
    await redis.stop();
  }
}

function tableOf(tests, { peers }, summary) {
  const baseline = peers.at(-1);
  const rows = tests.flatMap(({ name }) =>
    peers.map((peer) => {
      const figure = (key) => formatNumber(summary.median(name, peer, key));
      const ratio = summary.pairedRatio(name, peer, baseline, 'ratePerSecond');
      return [
        name,
        peer,
        `${figure('ratePerSecond')} (${formatRange(summary.range(name, peer, 'ratePerSecond'))})`,
        `${figure('nodeUsPerJob')} + ${figure('redisUsPerJob')}`,
        `${formatNumber(ratio.median)}× (${formatRange(ratio)})`,
      ];
    }),
  );
  return markdownTable(
    ['test', 'library', 'adds/s (range)', 'CPU µs per add: node + redis', `ratio to ${baseline}`],
    rows,
  );
}
