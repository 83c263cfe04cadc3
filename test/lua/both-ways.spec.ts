import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import type { ScriptName } from '../simulation/simulated-scripts.js';
import { BusyQueue, SCRIPTS, type Way } from '../support/busy-queue.js';
import { dumpValue } from '../support/dump-queue.js';
import { loadLibrary } from '../support/load-library.js';
import { randomPrefix, randomQueueName } from '../support/queue-name.js';
import { readQueueKeys } from '../support/read-queue-keys.js';
import { connectTestRedis } from '../support/redis.js';
import { BODY } from '../support/flow-call.js';
import { VALID_CALLS, type ValidCall } from '../support/valid-calls.js';

// Every command runs as a script and as a function of the library, and must come to the same.

const client = connectTestRedis();
const keys = new QueueKeys(randomPrefix(), randomQueueName());
const queue = new BusyQueue(client, keys);
const names = Object.keys(VALID_CALLS) as ScriptName[];

/** Times of the server, also as numbers of messages between queues. */
function withoutTimes(value: unknown): string {
  return JSON.stringify(value).replaceAll(/\b1[78]\d{11,14}\b/g, '0');
}

/** In pairs: names that differ in nothing but a time are two keys all the same. */
async function readAll(): Promise<unknown> {
  const found = await readQueueKeys(client, keys.prefix, keys.queueName);
  return JSON.parse(withoutTimes(found.map((key) => [key.name, dumpValue(key)])));
}

async function come(name: ScriptName, call: ValidCall, way: Way): Promise<unknown> {
  await queue.prepare(call);
  const reply = withoutTimes(await queue.call(name, call, way));
  return { reply, left: await readAll() };
}

describe('a command as a script and as a function', () => {
  beforeAll(async () => {
    await loadLibrary(client);
    await queue.seed();
  });

  afterAll(async () => {
    await queue.clear();
    await client.quit();
  });

  it.each(names)('%s comes to the same', async (name) => {
    for (const call of VALID_CALLS[name]!) {
      expect(await come(name, call, 'function')).toEqual(await come(name, call, 'script'));
    }
  });

  it('reads the same where a command only reads', async () => {
    await queue.prepare({ args: [], rest: [] });
    const readers = Object.values(SCRIPTS).filter(({ name }) => /^(count|get|list|explain|look)-/.test(name));

    expect(readers.length).toBeGreaterThan(10);
    for (const { fn, lua } of readers) {
      // A command refuses another number of arguments than its own; a list may follow with nothing in it.
      const [, count, alone] =
        /if not \((?:tonumber\(ARGV\[(\d+)\]\) == #ARGV|#ARGV == (\d+))/.exec(lua) ?? [];
      const given = count === undefined ? Number(alone ?? 0) : Number(count) - 1;
      const words = [keys.of('meta'), ...['1', '0', '10', '0', '0', '0'].slice(0, given)];
      if (count !== undefined) words.push('0');
      const asScript = await client.eval(lua, 1, ...words).catch((error: Error) => error.message);
      const asFunction = await client.fcall(fn as string, 1, ...words).catch((error: Error) => error.message);
      const wherever = (reply: unknown): string =>
        withoutTimes(reply).replaceAll(/\bscript: .*|user_\w+:\d+/g, '');
      expect(wherever(asFunction)).toEqual(wherever(asScript));
    }
  });

  describe('a call that ends half way', () => {
    const time = '1700000600000';
    const late: ValidCall = { args: ['0', 'half', '1', '1'], rest: ['', '', BODY] };
    const failing: [string, ScriptName, ValidCall][] = [
      ['is outdated', 'addJobs', { args: [time, 'half', '0', '1'], rest: ['', '', BODY] }],
      ['there is no job', 'addPlain', { args: [time, 'none', '1', '1'], rest: [] }],
      ['lacks a part', 'addJobs', { args: [time, 'other', '1', '1'], rest: ['', ''] }],
      [
        'has no whole number',
        'commit',
        { args: [time, 'x', '1', '0', 'y', 'w', '', '1', '0', '0'], rest: [] },
      ],
    ];

    it.each(failing)('leaves nothing in the library: %s', async (_what, name, call) => {
      await queue.prepare(call);
      expect(await queue.send('addJobs', late, 'function')).toBeUndefined();

      expect(await queue.send(name, call, 'function')).toEqual(expect.any(String));

      // The time that it was given does not go on to the next call, nor what it had gathered.
      const [now, line] = String(
        await queue.call(
          'addJobs',
          { args: ['0', 'half', '2', '1'], rest: ['', ',,,,60000,,mine', BODY] },
          'function',
        ),
      ).split('\n');
      expect(Math.abs(Number(now) - Date.now())).toBeLessThan(60_000);
      expect(line).toMatch(/^\+\d+$/);
      expect(await client.pttl(keys.derived('dedup', 'mine'))).toBeLessThanOrEqual(60_000);
    });
  });
});
