import { writeFileSync } from 'node:fs';
import { describeRun } from './describe-run.mjs';
import { formatNumber, formatRange } from './format-number.mjs';
import { markdownTable } from './markdown-table.mjs';
import { measureInTurns } from './measure-in-turns.mjs';
import { reportRun } from './report-run.mjs';
import { startRedis } from './start-redis.mjs';
import { summarize } from './summarize.mjs';

// Sizes are those at --scale 1. Fewer jobs for more subscribers: what counts is how often somebody is told.
const TESTS = [
  { name: 'events1', kind: 'events', subscribers: 1, jobs: 20_000, window: 200 },
  { name: 'events10', kind: 'events', subscribers: 10, jobs: 10_000, window: 200 },
  { name: 'events1000', kind: 'events', subscribers: 1_000, jobs: 1_000, window: 200 },
];

// The report on stdout, progress on stderr. Gives whether every measurement came to an end.
export async function runEvents(flags) {
  const tests = TESTS.map((test) => ({ ...test, jobs: Math.max(100, Math.round(test.jobs * flags.scale)) }));
  const redis = await startRedis();
  try {
    const run = { ...(await describeRun({ ...flags, tests: [] }, redis.connection)), tests };
    console.log(reportRun({ ...run, title: 'Events' }));
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
        String(summary.median(name, peer, 'connections')),
        formatNumber(summary.median(name, peer, 'bytesPerSubscriber') / 1024),
        `${formatNumber(ratio.median)}× (${formatRange(ratio)})`,
      ];
    }),
  );
  const head = ['test', 'library', 'told/s (range)', 'CPU µs per telling: node + redis', 'connections'];
  return markdownTable([...head, 'KiB per subscriber', `ratio to ${baseline}`], rows);
}
