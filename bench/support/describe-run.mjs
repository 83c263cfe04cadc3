import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { scaledTest } from '../catalog.mjs';
import { settings } from '../peers/settings.mjs';
import { packageVersions } from './package-versions.mjs';
import { openRedisProbe } from './redis-probe.mjs';

// All that one has to know to compare one run with another.
export async function describeRun(flags, connection) {
  const probe = openRedisProbe(connection);
  const redis = await probe.version();
  await probe.close();
  return {
    date: new Date().toISOString(),
    node: process.version,
    redis,
    packages: packageVersions(flags.peers),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGib: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
      loadAtStart: loadavg()[0],
    },
    rounds: flags.rounds,
    scale: flags.scale,
    tests: flags.tests.map((name) => scaledTest(name, flags.scale)),
    peerSettings: Object.fromEntries(flags.peers.map((peer) => [peer, settings[peer]])),
  };
}
