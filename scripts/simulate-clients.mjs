// `npm run simulate:clients -- --steps 20000 --seed 7 --runs 1`: the client that ships in a simulated world.
import { performance } from 'node:perf_hooks';
import { main } from './setup/main.mjs';
import { readNumbers } from './setup/read-numbers.mjs';
import { withSimulation } from './setup/with-simulation.mjs';

await main(async () => {
  const { steps, seed, runs } = readNumbers(process.argv.slice(2), { steps: 5000, seed: 1, runs: 1 });
  return withSimulation(async ({ simulateClients, shrink, describeClients }, client) => {
    for (let run = 0; run < runs; run += 1) {
      const startMs = performance.now();
      const result = await simulateClients(client, { seed: seed + run, steps });
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      if (result.violation !== undefined) {
        console.log(`seed ${result.seed}: ${result.violation} (step ${result.steps}, ${seconds} s); shrinking it`);
        console.log(describeClients(await shrink(client, result)));
        return 1;
      }
      console.log(`seed ${result.seed}: ${result.steps} steps, no violation, ${seconds} s, digest ${result.digest}`);
      if (run === runs - 1) console.log([...result.seen].map(([what, n]) => `  ${what}: ${n}`).sort().join('\n'));
    }
    return 0;
  });
});
