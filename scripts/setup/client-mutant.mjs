// Runs one compiled simulation of the client in a process of its own: `folder first-seed seeds steps`. Prints the first violation.
import { loadSimulation } from './load-simulation.mjs';

const [folder, first, seeds, steps] = process.argv.slice(2);
const { simulateClients, connectTestRedis } = await loadSimulation(folder);
const client = connectTestRedis();
/** Of this process alone: a machine that is busy with other things makes no difference. */
const CPU_MS = 40_000;
for (let seed = Number(first); seed < Number(first) + Number(seeds) && cpuMs() < CPU_MS; seed += 1) {
  const { violation, steps: taken } = await simulateClients(client, { seed, steps: Number(steps) });
  if (violation !== undefined) {
    console.log(`seed ${seed}, step ${taken}: ${violation.replaceAll('\n', ' ')}`);
    break;
  }
}
await client.quit();
// A client that is broken on purpose may leave anything behind.
process.exit(0);

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
