// `npm run simulate -- --seed 7 --runs 1`: the simulations, of the scripts, of job schedulers, of limits and of the client that ships, as long as you like:
// `--minutes 30` goes on with rising seeds, `--scripts`, `--slots`, `--limits` and `--client` choose one, `--steps` says how long a run is. A failing
// run of scripts prints its seed, one of clients is shrunk to what it takes; the same seed and number of steps replay it exactly.
import { performance } from 'node:perf_hooks';
import { main } from './setup/main.mjs';
import { readNumbers } from './setup/read-numbers.mjs';
import { withSimulation } from './setup/with-simulation.mjs';

const SCRIPT_STEPS = 10_000;
const CLIENT_STEPS = 2000;
const SLOT_STEPS = 2000;
const LIMIT_STEPS = 300;

const KINDS = {
  scripts: async ({ simulate, describeRun }, client, options) => {
    const result = await simulate(client, { steps: SCRIPT_STEPS, ...options });
    return { ...result, mark: `trace ${result.trace}`, explain: async () => describeRun(result) };
  },
  slots: async ({ simulateSlots, describeSlots }, client, options) => {
    const result = await simulateSlots(client, { steps: SLOT_STEPS, ...options });
    return { ...result, mark: `trace ${result.trace}`, explain: async () => describeSlots(result) };
  },
  limits: async ({ simulateLimits, describeLimits }, client, options) => {
    const result = await simulateLimits(client, { steps: LIMIT_STEPS, ...options });
    return { ...result, mark: 'limits', explain: async () => describeLimits(result) };
  },
  client: async ({ simulateClients, shrink, describeClients }, client, options) => {
    const result = await simulateClients(client, { steps: CLIENT_STEPS, ...options });
    const explain = async () => {
      console.log(`seed ${result.seed}: ${result.violation} (step ${result.steps}); shrinking it`);
      return describeClients(await shrink(client, result));
    };
    return { ...result, mark: `digest ${result.digest}`, explain };
  },
};

await main(async () => {
  const args = process.argv.slice(2);
  const chosen = Object.keys(KINDS).filter((kind) => args.includes(`--${kind}`));
  const kinds = chosen.length > 0 ? chosen : Object.keys(KINDS);
  const numbers = args.filter((arg) => !chosen.includes(arg.slice(2)));
  const { steps, seed, runs, minutes } = readNumbers(numbers, { steps: 0, seed: 1, runs: 1, minutes: 0 });
  const until = performance.now() + minutes * 60_000;
  return withSimulation(async (simulation, client) => {
    const seen = new Map();
    for (let run = 0; minutes > 0 ? performance.now() < until : run < runs; run += 1) {
      for (const kind of kinds) {
        const startMs = performance.now();
        const options = { seed: seed + run, ...(steps > 0 ? { steps } : {}) };
        const result = await KINDS[kind](simulation, client, options);
        if (result.violation !== undefined) {
          console.log(await result.explain());
          return 1;
        }
        const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
        console.log(
          `${kind}, seed ${seed + run}: ${result.steps} steps, no violation, ${seconds} s, ${result.mark}`,
        );
        for (const [what, times] of result.seen) seen.set(what, (seen.get(what) ?? 0) + times);
      }
    }
    printSeen(seen);
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
