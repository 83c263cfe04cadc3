// `npm run simulate -- --seed 7 --runs 1`: the simulations, of the scripts, of job schedulers, of limits and of the client that ships, as long as you like:
// `--minutes 30` goes on with rising seeds, `--scripts`, `--slots`, `--limits` and `--client` choose one, `--steps` says how long a run is. A failing
// run of scripts prints its seed, one of clients is shrunk to what it takes; the same seed and number of steps replay it exactly.
import { performance } from 'node:perf_hooks';
import { main } from './setup/main.mjs';
import { readOptions } from './setup/options.mjs';
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

const USAGE =
  'npm run simulate -- [--scripts] [--slots] [--limits] [--client] [options]: random runs in virtual time; without a kind, all of them';

const OPTIONS = {
  scripts: { flag: true, about: 'the Lua, called in any order, beside a model of what it is to do' },
  slots: { flag: true, about: 'job schedulers' },
  limits: { flag: true, about: 'limits that jobs name' },
  client: {
    flag: true,
    about: 'the client that ships: workers, producers, readers, steps and flows, with faults of the network',
  },
  seed: { number: 1, about: 'the first seed; the same seed and number of steps make the same run' },
  runs: { number: 1, about: 'how many seeds to try' },
  minutes: { number: 0, about: 'go on with rising seeds for so long, in place of --runs' },
  steps: {
    number: 0,
    about: `steps a run: else ${SCRIPT_STEPS} of scripts, ${SLOT_STEPS} of slots, ${LIMIT_STEPS} of limits, ${CLIENT_STEPS} of the client`,
  },
};

await main(async () => {
  const options = readOptions(process.argv.slice(2), USAGE, OPTIONS);
  if (!options) return 0;
  const { steps, seed, runs, minutes } = options;
  const chosen = Object.keys(KINDS).filter((kind) => options[kind]);
  const kinds = chosen.length > 0 ? chosen : Object.keys(KINDS);
  const until = performance.now() + minutes * 60_000;
  return withSimulation(async (simulation, client) => {
    const seen = new Map();
    for (let run = 0; minutes > 0 ? performance.now() < until : run < runs; run += 1) {
      for (const kind of kinds) {
        const startMs = performance.now();
        const wanted = { seed: seed + run, ...(steps > 0 ? { steps } : {}) };
        const result = await KINDS[kind](simulation, client, wanted);
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
