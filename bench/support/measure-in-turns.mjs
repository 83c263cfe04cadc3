import { runMeasurement } from './run-measurement.mjs';

// As in throughput: libraries take turns within a round, and each round another one goes first.
export async function measureInTurns(tests, { rounds, peers }, connection) {
  const measurements = [];
  for (let round = 0; round < rounds; round++) {
    for (const test of tests) {
      for (const nth of peers.keys()) {
        const peerName = peers[(nth + round) % peers.length];
        const result = await runMeasurement({ test, peerName, connection });
        measurements.push({ round, test: test.name, peer: peerName, ...result });
        console.error(
          `round ${round + 1} ${test.name} ${peerName}: ${result.error ?? JSON.stringify(result)}`,
        );
      }
    }
  }
  return measurements;
}
