import type { JobWrite } from '../../lib/job/job-write.js';
import { encodeCommit } from '../../lib/job/wire.generated.js';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Script } from '../../lib/redis/script.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { Random } from '../simulation/random.js';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { COMMIT_TIME, LOCK_MS } from '../support/commit-call.js';
import { ScriptLab, SEED_TIME, type SeedJob } from '../support/script-lab.js';

/** Ends of steps with a result, after which the next one starts, go a shorter way: `pass_step`. Here is the script that lacks it. */
const longWay = lastingScripts([
  { from: "if size == 0 and ARGV[at + 7] ~= '' and", to: 'if false and', only: ['commit'] },
]).commit;
const shortWay = lastingScripts().commit;

const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);
const CALLS = 8;
const NAMES = ['reserve', 'charge', 'ship'];
const JOBS = ['1', '2', '3'];

const lab = ScriptLab.open();

/** Jobs of all kinds that a step may end in: held with new and old locks, with what earlier visits have left, and not held. */
function randomJobs(random: Random): SeedJob[] {
  return JOBS.map((id) => {
    const fields: Record<string, string | number> = {};
    if (random.chance(0.8)) fields.step = random.pick(NAMES);
    for (const [i, name] of NAMES.entries()) {
      const status = random.pick(['r', 'w', 'c']);
      const end = status === 'c' ? String(SEED_TIME + 7) : '';
      if (random.chance(0.7)) fields[`step:${name}`] = `${i + 1},1,${status},1,${SEED_TIME},${end}`;
      if (random.chance(0.3)) fields[`value:${name}`] = 'v1';
      if (random.chance(0.3)) fields[`last:${name}`] = '"seen"';
    }
    if (random.chance(0.3)) fields.stalls = 1;
    if (random.chance(0.1)) fields.awaits = `${SEED_TIME}\tship\tcharge\tgo`;
    if (random.chance(0.3)) fields.pending = 0;
    const state = random.weighted([
      [8, 'active' as const],
      [1, 'waiting' as const],
      [1, 'completed' as const],
    ]);
    if (state === 'waiting') fields.state = state;
    return { id, state, fields, lockUntil: COMMIT_TIME + random.pick([-5, 100, LOCK_MS]) };
  });
}

function randomEntry(random: Random): JobWrite {
  const [name, next] = [random.pick(NAMES), random.pick(NAMES)];
  const head = (status: string): string =>
    random.chance(0.05)
      ? `no,c,${status}`
      : `${random.int(1, 3)},${random.int(1, 4)},${status},${random.int(1, 3)}`;
  const value = random.pick(['', '1', '{"a":[]}', `"${'long '.repeat(50)}"`, '"a\\tb"']);
  const token = random.chance(0.9) ? 'w:1' : 'w:0';
  const id = random.chance(0.95) ? random.pick(JOBS) : '9';
  return random.weighted<JobWrite>([
    [8, ['step', id, token, name, head('c'), value, next, head('r'), []]],
    [1, ['step', id, token, name, head('w'), '"no"', '', '', ['retry', '"no"', '[]', '0', '1']]],
    [1, ['progress', id, token, '1']],
    [1, ['emit', id, token, name, '"seen"']],
  ]);
}

/** What a queue comes to in which the calls of that seed are made. */
async function play(seed: number, script: Script<readonly (string | number)[], any>): Promise<object> {
  const random = new Random(seed);
  await lab.given({ jobs: randomJobs(random) });
  try {
    const replies: unknown[] = [];
    for (let seq = 1; seq <= CALLS; seq += 1) {
      const now = COMMIT_TIME + seq * random.pick([1, 2000]);
      const entries = Array.from({ length: random.int(1, 4) }, () => randomEntry(random));
      const args = [now, 'a', String(seq), 0, 0, 'w', '', random.pick([0, LOCK_MS]), 0, 0, 0, ',,,'];
      replies.push(await new ScriptRunner(lab.client, lab.keys).run(script, args, encodeCommit(entries)));
    }
    return { replies, state: await lab.dump() };
  } finally {
    // Such entries leave more than a worker does: the audit has nothing to say about it.
    await lab.client.unlink(Object.keys(await lab.dump()).map((name) => lab.keys.base + name));
  }
}

/** What the short way could get wrong: a text of it, and what to put in its place. */
const FAULTS: [fault: string, from: string, to: string][] = [
  ['stalls stay counted', "'last:' .. name, 'awaits', 'stalls')\n  end", "'last:' .. name, 'awaits')\n  end"],
  ['an emission stays', 'if fields[4] or fields[5] or fields[6] then', 'if fields[5] or fields[6] then'],
  [
    'a step starts when it ends',
    "local started = fields[3] and string.match(fields[3], '^%d+,%d+,%a,%d+,(%d*)') or stamp\n  redis",
    'local started = stamp\n  redis',
  ],
  [
    'the cursor stays',
    "'HSET', q.job .. id, 'step', next_step, 'step:' .. name,",
    "'HSET', q.job .. id, 'step:' .. name,",
  ],
  ['a lock is not renewed', 'call.renewed = { id }', 'call.renewed = {}'],
  ['a head that cannot be read is stored', 'if not attempt or not next_attempt then', 'if not attempt then'],
];

describe('the end of a step after which the next one starts', () => {
  it.each(SEEDS)('comes to the same by the short way and by that of all others, seed %i', async (seed) => {
    const short = await play(seed, shortWay);

    expect(await play(seed, longWay)).toEqual(short);
  });

  it.each(FAULTS)('would show that %s', async (_fault, from, to) => {
    const { commit } = lastingScripts([{ from, to, only: ['commit'] }]);
    const outcome = (seed: number, script: Script<readonly (string | number)[], any>): Promise<unknown> =>
      play(seed, script).catch(String);

    let parts = false;
    for (const seed of SEEDS) {
      parts = parts || !isDeepStrictEqual(await outcome(seed, commit), await outcome(seed, longWay));
    }

    expect(parts).toBe(true);
  });
});
