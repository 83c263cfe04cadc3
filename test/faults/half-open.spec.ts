import { describe, expect, it } from '@jest/globals';
import { EngineLab, next, until } from '../support/engine-lab.js';
import { LossyProxy } from '../support/lossy-proxy.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION'] });

describe('a connection that is dead without anyone having said so', () => {
  it('is given up: an idle worker takes up jobs again', async () => {
    const proxy = await LossyProxy.open(lab.redis);
    const queue = lab.queue();
    const worker = lab.worker(async () => 1, { connection: { ...proxy.address }, drainDelay: 1 });
    await worker.waitUntilReady();
    await until(() => proxy.connections === 2);
    proxy.freeze();
    proxy.thaw();
    const completed = next(worker, 'completed').catch(() => undefined);
    const from = Date.now();
    await queue.add('a', 0);
    await until(async () => (await queue.getCompletedCount()) === 1, 25_000);
    await completed;
    expect(Date.now() - from).toBeLessThan(20_000);
    await worker.close(true);
    await proxy.close();
  }, 240_000);
});
