import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { decodeEntry } from '../../lib/events/decode-entry.js';
import type { JobWrite } from '../../lib/job/job-write.js';
import { encodeCommit } from '../../lib/job/wire.generated.js';
import type { Script } from '../../lib/redis/script.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { StepLedger } from '../../lib/steps/step-ledger.js';
import { Random } from '../simulation/random.js';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { COMMIT_TIME, LOCK_MS } from '../support/commit-call.js';
import { ScriptLab, type SeedJob } from '../support/script-lab.js';

type AnyScript = Script<readonly (string | number)[], any>;

/**
 * What most steps come to has entries of its own: `pass-step` and `last-step`, which say less than a `step` does, and a form of the record of its own.
 * Both ways the same steps are taken.
 */
type Way = 'short' | 'long';

const { commit } = lastingScripts();
const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);
const CALLS = 10;
const NAMES = ['reserve', 'charge', 'ship', 'thank'];

const lab = ScriptLab.open();

/** Jobs that a worker has just been given, in both forms of a record, with old locks and new ones. */
function randomJobs(random: Random): SeedJob[] {
  return ['1', '2', '3'].map((id) => ({
    id,
    state: 'active',
    fields: random.chance(0.3) ? { stalls: 1, delay: 0 } : {},
    lockUntil: COMMIT_TIME + random.pick([-5, 100, LOCK_MS]),
  }));
}

/** What a worker knows of a job that it takes through its steps. */
class Taken {
  private readonly ledger = new StepLedger({});
  private isOver = false;

  constructor(private readonly id: string) {}

  /** The next entries, the short way or the long one. */
  goOn(random: Random, way: Way): JobWrite[] {
    const token = random.chance(0.95) ? 'w:1' : 'w:0';
    if (this.isOver || token === 'w:0') {
      return this.refused(random, token);
    }
    if (this.ledger.cursor === '') {
      return this.begin(random, way);
    }
    return random.weighted<() => JobWrite[]>([
      [8, () => [this.pass(random, way)]],
      [2, () => [this.last(random, way)]],
      [1, () => [['progress', this.id, token, '1']]],
      [1, () => [['emit', this.id, token, this.ledger.cursor, '"seen"']]],
      [1, () => [['data', this.id, token, random.pick(VALUES)]]],
    ])();
  }

  private begin(random: Random, way: Way): JobWrite[] {
    const head = this.ledger.begin('reserve');
    const begun: JobWrite = ['begin-step', this.id, 'w:1', 'reserve', head, '', ''];
    if (random.chance(0.6)) {
      return [begun];
    }
    // Where both are said in one call, the end says that the step has begun.
    const end = random.chance(0.8) ? this.pass(random, way) : this.last(random, way);
    return way === 'short' ? [end] : [begun, end];
  }

  private pass(random: Random, way: Way): JobWrite {
    const name = this.ledger.cursor;
    // The next one, another one, or one that has been done.
    const next = random.chance(0.7) ? (NAMES[NAMES.indexOf(name) + 1] ?? 'reserve') : random.pick(NAMES);
    const json = random.pick(VALUES);
    const isPlain = this.ledger.isPlain(name, next);
    const head = this.ledger.end(name, 'c', json);
    const nextHead = this.ledger.begin(next);
    return way === 'short' && isPlain
      ? ['pass-step', this.id, 'w:1', name, json, next]
      : ['step', this.id, 'w:1', name, head, json, next, nextHead, []];
  }

  private last(random: Random, way: Way): JobWrite {
    const name = this.ledger.cursor;
    const json = random.pick(VALUES);
    const keep = random.pick(['', '1,,', '0,,']);
    this.isOver = true;
    return way === 'short' && this.ledger.isPlain(name)
      ? ['last-step', this.id, 'w:1', name, json, keep]
      : [
          ...(['step', this.id, 'w:1', name, this.ledger.headOf(name, 'c'), '', `end:${name}`, ''] as const),
          ['complete', json, keep],
        ];
  }

  /** Said by who does not hold the job: the same word is the answer to all of it. */
  private refused(random: Random, token: string): JobWrite[] {
    return [
      random.pick<JobWrite>([
        ['pass-step', this.id, token, 'reserve', '1', 'charge'],
        ['last-step', this.id, token, 'reserve', '1', ''],
        ['begin-step', this.id, token, 'reserve', '1,1,r,1', '', ''],
        ['data', this.id, 'w:0', '2'],
      ]),
    ];
  }
}

const VALUES = ['1', '{"a":[]}', `"${'long '.repeat(50)}"`, '"a\\tb"', `"${'x'.repeat(5000)}"`];

/** What a queue comes to in which the calls of that seed are made. */
async function play(seed: number, way: Way, script: AnyScript = commit): Promise<object> {
  const random = new Random(seed);
  await lab.given({ jobs: randomJobs(random) });
  const jobs = ['1', '2', '3'].map((id) => new Taken(id));
  try {
    for (let seq = 1; seq <= CALLS; seq += 1) {
      const now = COMMIT_TIME + seq * random.pick([1, 2000]);
      const entries = Array.from({ length: random.int(1, 4) }, () => random.pick(jobs).goOn(random, way));
      const args = [now, 'a', String(seq), 0, 0, 'w', '', random.pick([0, LOCK_MS]), 0, 0, 0, ',,,'];
      await new ScriptRunner(lab.client, lab.keys).run(script, args, encodeCommit(entries.flat()));
    }
    const { events: _lines, 'writer:a': _words, ...state } = await lab.dump();
    return { state, events: await readEvents() };
  } finally {
    await lab.client.unlink(Object.keys(await lab.dump()).map((name) => lab.keys.base + name));
  }
}

/** What is told, apart from how its lines are put together. */
async function readEvents(): Promise<object[]> {
  const entries = await lab.client.xrange(lab.keys.of('events'), '-', '+');
  return entries
    .flatMap(([id, fields]) => decodeEntry(id, fields))
    .map(({ id, timestamp: _, ...event }) => ({ number: id.split('.')[1], ...event }));
}

/** What the short way could get wrong: a text of it, and what to put in its place. */
const FAULTS: [fault: string, from: string, to: string][] = [
  [
    'stalls stay counted',
    "'HDEL', q.job .. id, 'last:' .. name, 'awaits', 'stalls')\n  end\n  redis",
    "'HDEL', q.job .. id, 'last:' .. name, 'awaits')\n  end\n  redis",
  ],
  ['an emission stays', 'if fields[5] or fields[6] or fields[7] then', 'if fields[6] or fields[7] then'],
  ['a lock is not renewed', 'call.renewed = { id }', 'call.renewed = {}'],
  [
    'a step is begun by its end without a word',
    "emit_started(call, id, name, '1')\n    return text",
    'return text',
  ],
  ['a step is visited again in a text', 'string.find(text, next_line, #held, true)', 'false'],
  [
    "a step's start is forgotten",
    'return order, visit, attempt, started',
    'return order, visit, attempt, stamp',
  ],
  [
    'the second visit has the number of the first',
    'local next_visit = incremented(visit)',
    'local next_visit = visit',
  ],
  ['the record of a job that is gone stays', 'call.gone[#call.gone + 1] = id', ''],
];

describe('the usual ends of steps', () => {
  it.each(SEEDS)('come to the same the short way and the long one, seed %i', async (seed) => {
    const short = await play(seed, 'short');

    expect(await play(seed, 'long')).toEqual(short);
  });

  it.each(FAULTS)('would show that %s', async (_fault, from, to) => {
    const patched = lastingScripts([{ from, to, only: ['commit'] }]).commit;

    let parts = false;
    for (const seed of SEEDS) {
      if (parts) break;
      const short = await play(seed, 'short', patched).catch(String);
      parts = !isDeepStrictEqual(short, await play(seed, 'long'));
    }

    expect(parts).toBe(true);
  });
});
