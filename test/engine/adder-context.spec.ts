import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { EngineLab } from '../support/engine-lab.js';

const lab = EngineLab.open();
const requests = new AsyncLocalStorage<string>();

describe('what runs where a job is added', () => {
  it.each([1, 5])(
    'is not the context of the job, which its call may start (concurrency %i)',
    async (concurrency) => {
      const queue = lab.queue();
      const seen: unknown[] = [];
      const worker = lab.worker(
        async () => {
          seen.push(requests.getStore());
        },
        { concurrency },
      );
      worker.on('active', () => seen.push(requests.getStore()));
      worker.on('drained', () => seen.push(requests.getStore()));
      await worker.waitUntilReady();

      for (let i = 0; i < 20; i += 1) {
        const done = new Promise((resolve) => worker.once('completed', resolve));
        await requests.run(`request ${i}`, () => queue.add('a', i));
        await done;
      }

      expect(seen.length).toBeGreaterThanOrEqual(40);
      expect(new Set(seen)).toEqual(new Set([undefined]));
    },
  );
});
