// Parents with ten children, from the add to the end of the parent, stepwell beside BullMQ: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(['--peers', 'stepwell,bullmq', ...process.argv.slice(2)]);
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runComparison } = await import('./support/run-comparison.mjs');
const tenChildren = {
  kind: 'flows',
  concurrency: 50,
  children: 10,
  window: 100,
  jobs: 2_000,
  warmUpJobs: 200,
};
const flows = {
  title: 'Flows',
  unit: 'parent',
  tests: [
    { name: 'flows10', ...tenChildren },
    { name: 'flows10one', ...tenChildren, oneQueue: true },
  ],
};
process.exitCode = (await runComparison(flows, flags)) ? 0 : 1;
