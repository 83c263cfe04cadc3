// One measurement, in the fresh process that runs this file: node measure.mjs '{"test":{…},"peerName":"…","connection":{…}}'
// prints one line of JSON.
import { openRedisProbe } from './redis-probe.mjs';

const { test, peerName, connection } = JSON.parse(process.argv[2]);
const { peer } = await import(`../peers/${peerName}.mjs`);
const { measure } = await import(`../tests/${test.kind}.mjs`);

const probe = openRedisProbe(connection);
await probe.flush();
const result = await measure(test, { peer, peerName, connection, probe, queueName: 'bench' });
await probe.close();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
