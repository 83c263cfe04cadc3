// Every comparison after the other, built once: see README.md.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildEngine } from './support/build-engine.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, scale: { type: 'string', default: '1' } },
});
const COMPARISONS = ['throughput', 'dedup', 'steps', 'flows', 'limits', 'groups'];
/** A round of these takes long, or they are variants: fewer rounds of half the size do. */
const FEWER = { rounds: String(Math.min(Number(values.rounds), 3)), scale: String(Number(values.scale) / 2) };

buildEngine();
const begun = performance.now();
let failed = 0;
for (const name of COMPARISONS) {
  const { rounds, scale } = name === 'throughput' ? values : FEWER;
  failed += run(name, ['--no-build', '--rounds', rounds, '--scale', scale]);
}
failed += run('nest', []);
console.log(`\nAll of it took ${Math.round((performance.now() - begun) / 60_000)} minutes.`);
process.exitCode = failed > 0 ? 1 : 0;

/** Returns 1 where it failed. */
function run(name, args) {
  const file = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' });
  return status === 0 ? 0 : 1;
}
