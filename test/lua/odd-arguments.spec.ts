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
import * as generated from '../../lib/redis/scripts.generated.js';
import type { Script } from '../../lib/redis/script.js';
import type { ScriptName } from '../simulation/simulated-scripts.js';
import { randomPrefix, randomQueueName } from '../support/queue-name.js';
import { connectTestRedis } from '../support/redis.js';
import { BODY } from '../support/flow-call.js';
import { SEED_TIME, seedQueue } from '../support/seed-queue.js';
import { BUSY_SEED, GROUPS, SCHEDULERS, VALID_CALLS, type ValidCall } from '../support/valid-calls.js';

// Redis does not roll a script back: one that fails after its first write leaves half of what it was to do. So no
// argument may make a script fail anywhere but before that, and none that it takes may make the next script fail.

const scripts: Record<string, Script<readonly string[], boolean>> = { ...generated } as never;
const client = connectTestRedis();
const keys = new QueueKeys(randomPrefix(), randomQueueName());
const names = Object.keys(VALID_CALLS) as ScriptName[];

/** All that a queue holds, as text that can be put back. */
type Snapshot = string[];

const TAKE = `
local found = redis.call('KEYS', ARGV[1])
table.sort(found)
local taken = {}
for _, key in ipairs(found) do
  taken[#taken + 1] = key
  taken[#taken + 1] = redis.call('DUMP', key)
  taken[#taken + 1] = redis.call('PTTL', key) >= 0 and '600000' or '0'
end
return taken`;
const PUT_BACK = `
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end
for i = 2, #ARGV, 3 do redis.call('RESTORE', ARGV[i], ARGV[i + 2], ARGV[i + 1]) end`;

const all = `${keys.base}*`;

async function take(): Promise<Snapshot> {
  const taken = (await client.callBuffer('EVAL', TAKE, 1, keys.of('meta'), all)) as Buffer[];
  return taken.map((part) => part.toString('latin1'));
}

async function putBack(snapshot: Snapshot): Promise<void> {
  const parts = snapshot.map((part) => Buffer.from(part, 'latin1'));
  await client.eval(PUT_BACK, 1, keys.of('meta'), all, ...parts);
}

/** Answers the error, if that is what Redis answered. */
async function send(name: ScriptName, { args, rest }: ValidCall): Promise<string | undefined> {
  const script = scripts[name]!;
  const own = script.keys.map((key) => keys.of(key));
  try {
    await client.eval(script.lua, own.length, ...own, ...args, ...rest);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

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
  ['commit', { args: [LATER, 'next', '2', '0', '9', 'w9', '', '30000', '9', '1000', '1,,'], rest: [] }],
  ['readOutbox', { args: [LATER, 'p', '1000', '0', '100', '10000', '', ''], rest: [] }],
];

/** Answers what fails of it. */
async function goOn(): Promise<string[]> {
  const failures: string[] = [];
  for (const [name, call] of NEXT) {
    const error = await send(name, call);
    if (error !== undefined) failures.push(`${name}: ${error}`);
  }
  return failures;
}

describe('odd arguments', () => {
  let seeded: Snapshot = [];

  async function prepare({ paused }: ValidCall): Promise<Snapshot> {
    await putBack(seeded);
    if (paused) await client.hset(keys.of('meta'), 'paused', 1);
    return take();
  }

  beforeAll(async () => {
    await seedQueue(client, keys.prefix, keys.queueName, BUSY_SEED);
    const at = String(SEED_TIME);
    const twin = { args: [at, 'seed', '1', '1'], rest: ['twin', '100000,,,,200000,er,twin', BODY] };
    // Leaves a message in the outbox.
    const removal = { args: [at, 'seed', '2', '16'], rest: [] };
    // Leaves one job parked at each of two limits, one of which nobody has defined, and one that runs.
    const limit = { args: ['stripe', '1', '2', '100000', '0'], rest: [] };
    const limited = {
      args: [at, 'limited', '1', '1'],
      rest: [';stripe', ';stripe', '?awaited'].flatMap((limits) => ['', `,,1,${limits}`, BODY]),
    };
    const start = { args: [at, 'limited', '2', '0', '2', 'w0', '', '900000', '0', '0', ',,'], rest: [] };
    const failures = [
      await send('addJobs', twin),
      await send('removeJob', removal),
      await send('limitQueue', { args: ['rate', '500', '1000'], rest: [] }),
      await send('setLimit', limit),
      await send('addJobs', limited),
      await send('commit', start),
    ];
    for (const [name, made] of [...SCHEDULERS, ...GROUPS]) failures.push(await send(name, made));
    if (failures.join('') !== '') throw new Error(failures.join());
    seeded = await take();
  });

  afterAll(async () => {
    await putBack([]);
    await client.quit();
  });

  it('has a call of every script that writes', () => {
    const writers = Object.entries(scripts).filter(([, { lua }]) =>
      /redis\.call\(\s*'(SET|HSET|HDEL|RPUSH|ZADD|XADD|XTRIM)/.test(lua),
    );

    expect(names.toSorted()).toEqual(writers.map(([name]) => name).toSorted());
  });

  it.each(names)('%s takes the calls that the others are made of', async (name) => {
    for (const valid of VALID_CALLS[name]!) {
      const before = await prepare(valid);
      expect(await send(name, valid)).toBeUndefined();
      expect(await take()).not.toEqual(before);
    }
  });

  it.each(names)(
    '%s fails before its first write, or not at all, and leaves nothing that others fail on',
    async (name) => {
      await assert(
        asyncProperty(oddCall(name), async (call) => {
          const before = await prepare(call);
          const error = await send(name, call);
          const left = error === undefined ? before : await take();
          const next = error === undefined ? await goOn() : [];
          expect({ error, left, next }).toEqual({ error, left: before, next: [] });
        }),
        { numRuns: Number(process.env.ODD_RUNS ?? 10) * Math.min(VALID_CALLS[name]!.length, 6) },
      );
    },
  );
});
