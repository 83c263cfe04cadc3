// Jobs of several steps: stepwell's defined steps, and the switch over job.data.step here and in BullMQ: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(['--peers', 'stepwell-steps,stepwell,bullmq', ...process.argv.slice(2)]);
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runComparison } = await import('./support/run-comparison.mjs');
const steps = {
  title: 'Steps',
  unit: 'step',
  tests: [{ name: 'steps5', kind: 'steps', concurrency: 50, stepsPerJob: 5, jobs: 8_000, warmUpJobs: 4_000 }],
};
process.exitCode = (await runComparison(steps, flags)) ? 0 : 1;
