// `npm run mutants -- --steps 3000 --seed 1`: the simulation against scripts with one guard removed each; with `--client` the
// simulation of the client that ships against clients with one guard removed each. Every mutant must be caught; one that
// survives means that the simulation does not test that guard. What takes circumstances that are too rare for a simulation is
// caught by the spec that the mutant names. `--only TEXT` tries those whose name has that text; `--short` a few of each kind,
// scripts and client, which is what CI does.
import { spawnSync } from 'node:child_process';
import { compileMutant, compileSpecs } from './setup/load-simulation.mjs';
import { main } from './setup/main.mjs';
import { inRoot } from './setup/paths.mjs';
import { readOptions } from './setup/options.mjs';
import { specFailure } from './setup/spec-failure.mjs';
import { withSimulation } from './setup/with-simulation.mjs';

const SEEDS = 6;
const WIDTH = 60;
/** Job schedulers and limits have simulations of their own. */
const SLOT_STEPS = 500;
const LIMIT_STEPS = 200;
const CLIENT_SEEDS = 6;
const STEPS = 3000;
const CLIENT_STEPS = 1000;
/** A client that hangs in a loop of its own is caught too. */
const CLIENT_MUTANT_MS = 300_000;
const SPEC_MS = 60_000;
const HEALTHY_MS = 180_000;

const USAGE =
  'npm run mutants -- [options]: one guard taken out at a time, each of which a simulation or a spec has to notice';

const OPTIONS = {
  client: { flag: true, about: 'guards of the client, in place of those of the scripts' },
  short: { flag: true, about: 'a few of each, which is what CI tries' },
  only: { text: '', about: 'those whose name has this text' },
  seed: { number: 1, about: 'the first seed' },
  steps: { number: 0, about: `steps a run: else ${STEPS} of scripts, ${CLIENT_STEPS} of the client` },
};

await main(async () => {
  const options = readOptions(process.argv.slice(2), USAGE, OPTIONS);
  if (!options) return 0;
  const { client: isClient, short: isShort, only = '', seed } = options;
  const steps = options.steps || (isClient ? CLIENT_STEPS : STEPS);
  return withSimulation(async (simulation, client, folder) => {
    const { CLIENT_MUTANTS, SHORT_MUTANTS, SHORT_CLIENT_MUTANTS } = simulation;
    const ofScripts = (wanted) => tryScripts(simulationsOf(simulation, wanted, steps), client, seed);
    const ofClient = (mutants, stepsASeed) => tryClients(mutants, folder, seed, stepsASeed);
    if (isShort) {
      const scripts = await ofScripts(({ name }) => SHORT_MUTANTS.includes(name));
      const clients = await ofClient(
        CLIENT_MUTANTS.filter(({ name, spec }) => spec || SHORT_CLIENT_MUTANTS.includes(name)),
        CLIENT_STEPS,
      );
      return scripts + clients;
    }
    const wanted = ({ name }) => name.includes(only);
    return isClient ? ofClient(CLIENT_MUTANTS.filter(wanted), steps) : ofScripts(wanted);
  });
});

async function tryClients(mutants, folder, seed, steps) {
  const specs = [...new Set(mutants.flatMap(({ spec }) => spec ?? []))];
  await compileSpecs(folder, specs);
  const failure = specs.length > 0 ? specFailure(folder, specs, HEALTHY_MS) : '';
  if (failure) throw new Error(`The client itself fails: ${failure}`);
  return tryAll(mutants, async (mutant) => {
    const copy = await compileMutant(folder, mutant);
    return mutant.spec ? specFailure(copy, [mutant.spec], SPEC_MS) : clientViolation(copy, seed, steps);
  });
}

/** The simulations of the scripts, each with its mutants. */
function simulationsOf(simulation, wanted, steps) {
  return [
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
  ].filter(({ mutants }) => mutants.length > 0);
}

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

function clientViolation(copy, seed, steps) {
  const program = inRoot('scripts', 'setup', 'client-mutant.mjs');
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
