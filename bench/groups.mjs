// Jobs of ten thousand groups beside plain ones: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(process.argv.slice(2));
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runComparison } = await import('./support/run-comparison.mjs');
const common = { kind: 'work', jobs: 20_000, warmUpJobs: 2_000 };
const comparison = {
  title: 'Jobs of ten thousand groups',
  unit: 'job',
  tests: [
    { ...common, name: 'grouped1', concurrency: 1, jobs: 10_000 },
    { ...common, name: 'grouped50', concurrency: 50 },
    { name: 'memory', kind: 'memory', jobs: 20_000 },
  ],
};
process.exitCode = (await runComparison(comparison, { ...flags, peers: ['stepwell-grouped', 'stepwell'] }))
  ? 0
  : 1;
