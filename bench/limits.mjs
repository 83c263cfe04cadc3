// Jobs that name a limit beside plain ones, and a queue of limited concurrency beside BullMQ's: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(process.argv.slice(2));
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runComparison } = await import('./support/run-comparison.mjs');
const common = { kind: 'work', jobs: 20_000, warmUpJobs: 2_000 };
const named = {
  title: 'Jobs that name a limit',
  unit: 'job',
  tests: [
    { ...common, name: 'named1', concurrency: 1, jobs: 10_000 },
    { ...common, name: 'named50', concurrency: 50 },
  ],
};
const global = {
  title: 'Global concurrency',
  unit: 'job',
  tests: [{ ...common, name: 'global50', concurrency: 50, globalConcurrency: 50 }],
};
const isDone = [
  await runComparison(named, { ...flags, peers: ['stepwell-limited', 'stepwell'] }),
  await runComparison(global, { ...flags, peers: ['stepwell', 'bullmq'], jsonFile: undefined }),
];
process.exitCode = isDone.every(Boolean) ? 0 : 1;
