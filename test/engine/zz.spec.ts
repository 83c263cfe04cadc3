import { it } from '@jest/globals';
import { Queue, Worker } from '../../lib/engine.js';
import { testRedisUrl } from '../support/redis.js';
it('x', async () => {
    const { port } = new URL(testRedisUrl());
    for (const connection of [`redis://nobody:pw@127.0.0.1:${port}`, 'redis://127.0.0.1:1']) {
    const t0 = Date.now();
    const log = (...a: unknown[]) => process.stderr.write(`${Date.now() - t0} ${a.map(String).join(' ')}\n`);
    const queue = new Queue('q', { connection });
    queue.on('error', (e) => log('queue', e.message));
    const worker = new Worker('q', async () => 1, { connection });
    worker.on('error', (e) => log('worker', e.message));
    queue.add('a', 1).then(() => log('added'), (e) => log('add', e.name, e.message));
    await new Promise((r) => setTimeout(r, 500));
    log((await queue.store).connection.client.status);
    await Promise.race([queue.close().then(() => log('queue closed')), new Promise((r) => setTimeout(r, 3000))]);
    await Promise.race([worker.close(true).then(() => log('worker closed')), new Promise((r) => setTimeout(r, 3000))]);
    log('end');
    await new Promise((r) => setTimeout(r, 3000));
    }
}, 30000);
