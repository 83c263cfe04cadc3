import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  array,
  assert,
  asyncProperty,
  type Arbitrary,
  constant,
  constantFrom,
  double,
  nat,
  oneof,
  record,
  string,
  tuple,
} from 'fast-check';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import type { ScriptName } from '../simulation/simulated-scripts.js';
import { BusyQueue, SCRIPTS, type Way } from '../support/busy-queue.js';
import { loadLibrary } from '../support/load-library.js';
import { randomPrefix, randomQueueName } from '../support/queue-name.js';
import { connectTestRedis } from '../support/redis.js';
import { BODY } from '../support/flow-call.js';
import { SEED_TIME } from '../support/seed-queue.js';
import { VALID_CALLS, type ValidCall } from '../support/valid-calls.js';

// Redis does not roll a script back: one that fails after its first write leaves half of what it was to do. So no
// argument may make a script fail anywhere but before that, and none that it takes may make the next script fail.

const client = connectTestRedis();
const keys = new QueueKeys(randomPrefix(), randomQueueName());
const queue = new BusyQueue(client, keys);
const names = Object.keys(VALID_CALLS) as ScriptName[];

const ODD = ['', '0', '-0', '-1', '1.5', '333.3333333333333', 'nan', 'inf', '-inf', '1e400', '1e15', '1e21'];
const ODDER = [
  '9007199254740993',
  '9'.repeat(25),
  '0x1p-3',
  ' 7 ',
  'abc',
  'a\nb',
  'a\tb',
  ',,,',
  '1,2',
  '\x1f',
  '%d',
];
const odd = oneof(
  { weight: 4, arbitrary: constantFrom(...ODD, ...ODDER) },
  { weight: 1, arbitrary: double().map(String) },
  { weight: 1, arbitrary: string({ maxLength: 12 }) },
);

/** A call of a script, made odd in one place or several. */
function oddCall(name: ScriptName): Arbitrary<ValidCall> {
  return record({
    valid: constantFrom(...VALID_CALLS[name]!),
    changes: array(tuple(nat(), odd), { minLength: 1, maxLength: 3 }),
    cut: oneof({ weight: 5, arbitrary: constant(0) }, { weight: 1, arbitrary: nat(3) }),
  }).map(({ valid, changes, cut }) => {
    const parts = [...valid.args, ...valid.rest];
    for (const [at, value] of changes) {
      parts[at % parts.length] = value;
    }
    const kept = parts.slice(0, Math.max(parts.length - cut, 0));
    return { ...valid, args: kept.slice(0, valid.args.length), rest: kept.slice(valid.args.length) };
  });
}

/** What a healthy client does next. */
const LATER = String(SEED_TIME + 120_000);
const NEXT: [ScriptName, ValidCall][] = [
  ['addJobs', { args: [LATER, 'next', '1', '1'], rest: ['', '', BODY] }],
  ['recoverStalled', { args: [LATER, 'w9', '30000', '1', '1000000', '0', '0', '1'], rest: [] }],
  ['commit', { args: [LATER, 'next', '2', '0', '9', 'w9', '', '30000', '9', '1000', '0', '1,,'], rest: [] }],
  ['readOutbox', { args: [LATER, 'p', '1000', '0', '100', '10000', '', ''], rest: [] }],
];

/** Returns what fails of it. */
async function goOn(): Promise<string[]> {
  const failures: string[] = [];
  for (const [name, call] of NEXT) {
    const error = await queue.send(name, call);
    if (error !== undefined) failures.push(`${name}: ${error}`);
  }
  return failures;
}

/** They have the part that writes moves for its constants alone. */
const READERS = ['countJobs', 'countPriorities', 'getGroup', 'listJobs'];

describe('odd arguments', () => {
  beforeAll(async () => {
    await loadLibrary(client);
    await queue.seed();
  });

  afterAll(async () => {
    await queue.clear();
    await client.quit();
  });

  it('has a call of every script that writes', () => {
    const writers = Object.entries(SCRIPTS).filter(
      ([name, { lua }]) =>
        !READERS.includes(name) && /redis\.call\(\s*'(SET|HSET|HDEL|RPUSH|ZADD|XADD|XTRIM)/.test(lua),
    );

    expect(names.toSorted()).toEqual(writers.map(([name]) => name).toSorted());
  });

  it.each(names)('%s takes the calls that the others are made of', async (name) => {
    for (const valid of VALID_CALLS[name]!) {
      const before = await queue.prepare(valid);
      expect(await queue.send(name, valid)).toBeUndefined();
      expect(await queue.take()).not.toEqual(before);
    }
  });

  it.each(names)(
    '%s fails before its first write, or not at all, and leaves nothing that others fail on',
    async (name) => {
      await assert(
        asyncProperty(oddCall(name), constantFrom<Way>('script', 'function'), async (call, way) => {
          const before = await queue.prepare(call);
          const error = await queue.send(name, call, way);
          const left = error === undefined ? before : await queue.take();
          const next = error === undefined ? await goOn() : [];
          expect({ error, left, next }).toEqual({ error, left: before, next: [] });
        }),
        { numRuns: Number(process.env.ODD_RUNS ?? 10) * Math.min(VALID_CALLS[name]!.length, 6) },
      );
    },
  );
});
