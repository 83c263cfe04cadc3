import { writeFileSync } from 'node:fs';
import { describeRun } from './describe-run.mjs';
import { formatNumber, formatRange } from './format-number.mjs';
import { markdownTable } from './markdown-table.mjs';
import { measureInTurns } from './measure-in-turns.mjs';
import { reportRun } from './report-run.mjs';
import { startRedis } from './start-redis.mjs';
import { summarize } from './summarize.mjs';

// Measures one thing, of which the tests are variants, for each library. Sizes are those at --scale 1. The report on
// stdout, progress on stderr. Gives whether every measurement came to an end.
export async function runComparison({ title, unit, tests: all }, flags) {
  const tests = all.map((test) => ({ ...test, jobs: Math.max(200, Math.round(test.jobs * flags.scale)) }));
  const redis = await startRedis();
  try {
    const run = { ...(await describeRun({ ...flags, tests: [] }, redis.connection)), tests };
    console.log(reportRun({ ...run, title }));
    const measurements = await measureInTurns(tests, flags, redis.connection);
    console.log(`\n${tableOf(tests, unit, flags, summarize(measurements))}`);
    if (flags.jsonFile) writeFileSync(flags.jsonFile, `${JSON.stringify({ run, measurements }, null, 2)}\n`);
    return measurements.every(({ error }) => !error);
  } finally {
    await redis.stop();
  }
}

function tableOf(tests, unit, { peers }, summary) {
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
    ['test', 'library', `${unit}s/s (range)`, `CPU µs per ${unit}: node + redis`, `ratio to ${baseline}`],
    rows,
  );
}
