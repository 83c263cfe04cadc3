// Adds that a waiting job of the same deduplication id stops, stepwell beside BullMQ: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(['--peers', 'stepwell,bullmq', ...process.argv.slice(2)]);
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runComparison } = await import('./support/run-comparison.mjs');
const ignoredAdds = {
  title: 'Ignored adds',
  unit: 'add',
  // A window of 1 is one add after the other.
  tests: [
    { name: 'ignoredSerial', kind: 'dedup', jobs: 4_000, window: 1, warmUpJobs: 4_000 },
    { name: 'ignoredWindow', kind: 'dedup', jobs: 20_000, window: 1_000, warmUpJobs: 10_000 },
  ],
};
process.exitCode = (await runComparison(ignoredAdds, flags)) ? 0 : 1;
