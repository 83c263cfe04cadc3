// `npm run mutants -- --steps 3000 --seed 1`: the simulation against scripts with one guard removed each. Every mutant
// must be caught; one that survives means that the simulation does not test that guard.
import { main } from './setup/main.mjs';
import { readNumbers } from './setup/read-numbers.mjs';
import { withSimulation } from './setup/with-simulation.mjs';

const SEEDS = 6;
const WIDTH = 60;

await main(async () => {
  const { steps, seed } = readNumbers(process.argv.slice(2), { steps: 3000, seed: 1 });
  return withSimulation(async ({ simulate, describeRun, MUTANTS }, client) => {
    const healthy = await simulate(client, { seed, steps });
    if (healthy.violation !== undefined)
      throw new Error(`The scripts themselves fail.\n${describeRun(healthy)}`);
    let survivors = 0;
    for (const { name, patches } of MUTANTS) {
      const caught = await firstViolation((next) => simulate(client, { seed: next, steps, patches }), seed);
      if (!caught) survivors += 1;
      console.log(`${name.padEnd(WIDTH)} ${caught ? describe(caught, seed, steps) : 'SURVIVED'}`);
    }
    console.log(`${MUTANTS.length - survivors} of ${MUTANTS.length} mutants caught`);
    return survivors === 0 ? 0 : 1;
  });
});

/** A mutant may need circumstances that one seed never comes to. */
async function firstViolation(run, seed) {
  for (let next = seed; next < seed + SEEDS; next += 1) {
    const result = await run(next);
    if (result.violation !== undefined) return result;
  }
  return undefined;
}

function describe({ seed, steps, violation }, firstSeed, stepsASeed) {
  const step = (seed - firstSeed) * stepsASeed + steps;
  return `step ${String(step).padStart(5)}: ${violation.length > 150 ? `${violation.slice(0, 147)}...` : violation}`;
}
