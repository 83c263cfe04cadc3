import { scaledTest } from '../catalog.mjs';
import { runMeasurement } from './run-measurement.mjs';

// Within a round the peers take turns test by test, so that what slows the machine for a while slows all of them;
// each round another one goes first.
export async function runRounds({ rounds, tests, peers, scale }, connection, onMeasurement) {
  const measurements = [];
  for (let round = 0; round < rounds; round++) {
    for (const name of tests) {
      for (const peerName of rotated(peers, round)) {
        const result = await runMeasurement({ test: scaledTest(name, scale), peerName, connection });
        const measurement = { round, test: name, peer: peerName, ...result };
        measurements.push(measurement);
        onMeasurement(measurement);
      }
    }
  }
  return measurements;
}

function rotated(list, by) {
  const first = by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
