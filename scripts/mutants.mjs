// `npm run mutants -- --steps 3000 --seed 1`: the simulation against scripts with one guard removed each; with `--client` the
// simulation of the client that ships against clients with one guard removed each. Every mutant must be caught; one that
// survives means that the simulation does not test that guard. `--only TEXT` tries those whose name has that text.
import { spawnSync } from 'node:child_process';
import { compileMutant } from './setup/load-simulation.mjs';
import { main } from './setup/main.mjs';
import { inRoot } from './setup/paths.mjs';
import { readNumbers } from './setup/read-numbers.mjs';
import { withSimulation } from './setup/with-simulation.mjs';

const SEEDS = 6;
const WIDTH = 60;
/** Job schedulers and limits have simulations of their own. */
const SLOT_STEPS = 500;
const LIMIT_STEPS = 200;
const CLIENT_SEEDS = 6;
/** A client that hangs in a loop of its own is caught too. */
const CLIENT_MUTANT_MS = 300_000;

await main(async () => {
  const args = process.argv.slice(2);
  const isClient = args.includes('--client');
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : '';
  const rest = args.filter((arg, i) => !['--client', '--only'].includes(arg) && args[i - 1] !== '--only');
  const { steps, seed } = readNumbers(rest, { steps: isClient ? 1000 : 3000, seed: 1 });
  return withSimulation((simulation, client, folder) => {
    const wanted = ({ name }) => name.includes(only);
    return isClient
      ? tryAll(simulation.CLIENT_MUTANTS.filter(wanted), (mutant) =>
          clientViolation(mutant, folder, seed, steps),
        )
      : tryScripts(
          [
            { ...simulation, mutants: simulation.MUTANTS.filter(wanted), steps },
            {
              simulate: simulation.simulateSlots,
              describeRun: simulation.describeSlots,
              mutants: simulation.SLOT_MUTANTS.filter(wanted),
              steps: SLOT_STEPS,
            },
            {
              simulate: simulation.simulateLimits,
              describeRun: simulation.describeLimits,
              mutants: simulation.LIMIT_MUTANTS.filter(wanted),
              steps: LIMIT_STEPS,
            },
          ],
          client,
          seed,
        );
  });
});

async function tryScripts(simulations, client, seed) {
  for (const { simulate, describeRun, steps } of simulations) {
    const healthy = await simulate(client, { seed, steps });
    if (healthy.violation !== undefined)
      throw new Error(`The scripts themselves fail.\n${describeRun(healthy)}`);
  }
  const all = simulations.flatMap(({ mutants, ...simulation }) =>
    mutants.map((mutant) => ({ ...mutant, simulation })),
  );
  return tryAll(all, async ({ patches, simulation: { simulate, steps } }) => {
    const caught = await firstViolation((next) => simulate(client, { seed: next, steps, patches }), seed);
    return caught && describe(caught, seed, steps);
  });
}

async function tryAll(mutants, violationOf) {
  let survivors = 0;
  for (const mutant of mutants) {
    const violation = await violationOf(mutant);
    if (!violation) survivors += 1;
    console.log(`${mutant.name.padEnd(WIDTH)} ${violation ? shortened(violation) : 'SURVIVED'}`);
  }
  console.log(`${mutants.length - survivors} of ${mutants.length} mutants caught`);
  return survivors === 0 ? 0 : 1;
}

async function clientViolation(mutant, folder, seed, steps) {
  const program = inRoot('scripts', 'setup', 'client-mutant.mjs');
  const copy = await compileMutant(folder, mutant);
  const args = [program, copy, seed, CLIENT_SEEDS, steps].map(String);
  const { stdout, stderr, status, error } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: CLIENT_MUTANT_MS,
  });
  if (error) return `it does not end: ${error.message}`;
  return stdout.trim() || (status === 0 ? '' : `the process dies: ${stderr.trim()}`);
}

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
  return `step ${String(step).padStart(5)}: ${violation}`;
}

function shortened(text) {
  return text.length > 150 ? `${text.slice(0, 147)}...` : text;
}
