import { writeFileSync } from 'node:fs';
import { describeRun } from './describe-run.mjs';
import { report } from './report.mjs';
import { reportRun } from './report-run.mjs';
import { runRounds } from './run-rounds.mjs';
import { startRedis } from './start-redis.mjs';
import { summarize } from './summarize.mjs';

// The whole run: the report on stdout, progress on stderr. Gives whether every measurement came to an end.
export async function runBench(flags) {
  const redis = await startRedis();
  try {
    const run = await describeRun(flags, redis.connection);
    console.log(reportRun(run));
    const measurements = await runRounds(flags, redis.connection, tell);
    console.log(`\n${report(flags, summarize(measurements))}`);
    if (flags.jsonFile) writeFileSync(flags.jsonFile, `${JSON.stringify({ run, measurements }, null, 2)}\n`);

    const failures = measurements.filter(({ error }) => error).length;
    if (failures > 0) console.error(`\n${failures} of ${measurements.length} measurements failed`);
    return failures === 0;
  } finally {
    await redis.stop();
  }
}

function tell({ round, test, peer, ...result }) {
  console.error(`round ${round + 1} ${test} ${peer}: ${result.error ?? JSON.stringify(result)}`);
}
