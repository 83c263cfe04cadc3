// Events told to many subscribers of one process, stepwell beside BullMQ: see README.md.
import { buildEngine } from './support/build-engine.mjs';
import { parseFlags } from './support/parse-flags.mjs';

const flags = parseFlags(['--peers', 'stepwell,bullmq', ...process.argv.slice(2)]);
if (flags.build) buildEngine();
// Only now, for the build also installs the dependencies that this needs.
const { runEvents } = await import('./support/run-events.mjs');
process.exitCode = (await runEvents(flags)) ? 0 : 1;
