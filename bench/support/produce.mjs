// The second process of a latency test: adds at the given rate, then ends.
import { addAtRate } from './add-at-rate.mjs';

const { plan, peerName, connection, queueName } = JSON.parse(process.argv[2]);
const { peer } = await import(`../peers/${peerName}.mjs`);
const producer = await peer.openProducer(connection, queueName);
await addAtRate(producer, plan);
await producer.close();
process.exit(0);
