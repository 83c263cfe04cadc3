import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeCommit } from '../../lib/job/wire.generated.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import type { ScriptName } from '../simulation/simulated-scripts.js';
import { BusyQueue, type Way } from '../support/busy-queue.js';
import { loadLibrary } from '../support/load-library.js';
import { randomPrefix, randomQueueName } from '../support/queue-name.js';
import { connectTestRedis } from '../support/redis.js';
import { VALID_CALLS } from '../support/valid-calls.js';

const client = connectTestRedis();
const queue = new BusyQueue(client, new QueueKeys(randomPrefix(), randomQueueName()));
const names = Object.keys(VALID_CALLS) as ScriptName[];
const WAYS: Way[] = ['script', 'function'];

describe('a call with another number of arguments than its command has', () => {
  beforeAll(async () => {
    await loadLibrary(client);
    await queue.seed();
  });

  afterAll(async () => {
    await queue.clear();
    await client.quit();
  });

  it.each(names)('%s refuses it, and does nothing', async (name) => {
    const valid = VALID_CALLS[name]![0]!;
    const { args } = valid;
    const shapes = [args.slice(0, -1), args.slice(1), [...args, '0'], ['0', ...args]];
    const before = await queue.prepare(valid);
    for (const way of WAYS) {
      for (const shape of shapes) {
        expect(await queue.send(name, { ...valid, args: shape }, way)).toMatch(/^ERR an argument is missing/);
      }
    }

    expect(await queue.take()).toEqual(before);
  });
});

describe('entries of a commit', () => {
  it('go one after the other, a list in one as its length and what it has', () => {
    const entries = encodeCommit([
      ['complete', '1', 'w:1', '{}', ''],
      ['step', '2', 'w:1', 'pay', '1,1,c,1', '7', '', '', ['complete', '7', '']],
      ['step', '3', 'w:1', 'pay', '1,1,c,1', '7', 'ship', '2,1,r,1', []],
      ['end-wait', '4', 'w:1'],
    ]);

    expect(entries).toEqual([
      ...['complete', '1', 'w:1', '{}', ''],
      ...['step', '2', 'w:1', 'pay', '1,1,c,1', '7', '', '', '3', 'complete', '7', ''],
      ...['step', '3', 'w:1', 'pay', '1,1,c,1', '7', 'ship', '2,1,r,1', '0'],
      ...['end-wait', '4', 'w:1'],
    ]);
  });
});
