// `npm run simulate -- --steps 100000 --seed 7 --runs 1`: the deterministic simulation, as long as you like.
// A failing run prints its seed; the same seed and number of steps replay it exactly.
import { performance } from 'node:perf_hooks';
import { main } from './setup/main.mjs';
import { readNumbers } from './setup/read-numbers.mjs';
import { withSimulation } from './setup/with-simulation.mjs';

await main(async () => {
  const { steps, seed, runs } = readNumbers(process.argv.slice(2), { steps: 10_000, seed: 1, runs: 1 });
  return withSimulation(async ({ simulate, describeRun }, client) => {
    for (let run = 0; run < runs; run += 1) {
      const startMs = performance.now();
      const result = await simulate(client, { seed: seed + run, steps });
      if (result.violation !== undefined) {
        console.log(describeRun(result));
        return 1;
      }
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      console.log(`seed ${result.seed}: ${steps} steps, no violation, ${seconds} s, trace ${result.trace}`);
      if (run === runs - 1) printSeen(result.seen);
    }
    return 0;
  });
});

function printSeen(seen) {
  console.log(
    [...seen]
      .map(([what, times]) => `  ${what}: ${times}`)
      .sort()
      .join('\n'),
  );
}
