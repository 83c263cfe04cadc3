// Stepwell beside other libraries, in one run on one Redis: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(process.argv.slice(2));
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runBench } = await import('./support/run-bench.mjs');
process.exitCode = (await runBench(flags)) ? 0 : 1;
