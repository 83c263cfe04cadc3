// Slots of job schedulers that fire, alone and beside many that wait: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(['--peers', 'stepwell,bullmq', ...process.argv.slice(2)]);
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runComparison } = await import('./support/run-comparison.mjs');
const common = { kind: 'schedules', concurrency: 50, firing: 500, jobs: 10_000, warmUpJobs: 1000 };
const schedules = {
  title: 'Schedules',
  unit: 'slot',
  tests: [
    { ...common, name: 'fire500', idle: 0 },
    { ...common, name: 'fire500of20k', idle: 19_500 },
  ],
};
process.exitCode = (await runComparison(schedules, flags)) ? 0 : 1;
