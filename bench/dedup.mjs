// Adds that a waiting job of the same deduplication id stops, stepwell beside BullMQ: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(['--peers', 'stepwell,bullmq', ...process.argv.slice(2)]);
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runDedup } = await import('./support/run-dedup.mjs');
process.exitCode = (await runDedup(flags)) ? 0 : 1;
