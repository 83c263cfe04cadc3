import { describe, expect, it } from '@jest/globals';
import {
  ADD_PATHS,
  addDedup,
  dedupBody,
  type DedupJob,
  dedupJob,
  type DedupRule,
  type DedupTrial,
} from '../support/dedup-call.js';
import { bringOwner, OWNER_STATES, type OwnerState } from '../support/dedup-owner.js';
import type { QueueDump } from '../support/dump-queue.js';
import { ScriptLab, SEED_TIME } from '../support/script-lab.js';

const lab = ScriptLab.open();

const TTL = 60_000;
const NOW = SEED_TIME + 1000;

const MODES = {
  simple: {},
  throttle: { ttl: TTL },
  'throttle, extended': { ttl: TTL, extend: true },
  debounce: { ttl: TTL, extend: true, replace: true },
  'debounce within its first ttl': { ttl: TTL, replace: true },
  replace: { replace: true },
  'keep-last': { keepLastIfActive: true },
  'replace and keep-last': { replace: true, keepLastIfActive: true },
} satisfies Record<string, DedupRule>;

type Mode = keyof typeof MODES;

/**
 * What becomes of an add: it is added since nothing stops it; dropped; dropped, and the ttl starts anew; dropped, but
 * kept as the next job; or added in place of the job that was there.
 */
type Outcome = 'added' | 'dropped' | 'extended' | 'kept' | 'replaced';

/** Outcomes in the order of these states of the job that was first. */
const ORDER: OwnerState[] = [
  ...(['waiting', 'prioritized', 'active', 'backoff', 'sleeping'] as const),
  ...(['delayed', 'replaced'] as const),
  ...(['completed', 'failed', 'auto-removed', 'removed'] as const),
];
const [started, fresh, ended] = [5, 2, 3];

const row = (unfinished: Outcome, delayed: Outcome, finished: Outcome): Outcome[] => [
  ...Array<Outcome>(started).fill(unfinished),
  ...Array<Outcome>(fresh).fill(delayed),
  ...Array<Outcome>(ended).fill(finished),
  'added',
];

const OUTCOMES: Record<Mode, Outcome[]> = {
  simple: row('dropped', 'dropped', 'added'),
  throttle: row('dropped', 'dropped', 'dropped'),
  'throttle, extended': row('extended', 'extended', 'extended'),
  debounce: row('dropped', 'replaced', 'dropped'),
  'debounce within its first ttl': row('dropped', 'replaced', 'dropped'),
  replace: row('dropped', 'replaced', 'added'),
  'keep-last': row('kept', 'kept', 'added'),
  'replace and keep-last': row('kept', 'replaced', 'added'),
};

const OPTIONS: Record<string, DedupJob> = {
  'no options': {},
  'an id of its own': { id: 'mine', data: '[1]' },
  'a priority': { priority: 3 },
  'a delay': { delay: 500 },
  'lifo and a priority': { lifo: true, priority: 3 },
};

const names = Object.keys(MODES) as Mode[];
const cases = names.flatMap((mode) => OWNER_STATES.map((state) => [mode, state] as const));
const outcomeOf = (mode: Mode, state: OwnerState): Outcome => OUTCOMES[mode][ORDER.indexOf(state)]!;

describe.each(Object.entries(OPTIONS))('an add with %s', (_, options) => {
  it.each(cases)('as %s, after one that is %s', async (mode, state) => {
    const owner = await bringOwner(lab, state, MODES[mode]);
    const job = { ...MODES[mode], ...options };

    const trial = await addDedup(lab, [job], { now: NOW });

    const { words, after } = trial;
    const expectation = { outcome: outcomeOf(mode, state), job, owner, now: NOW };
    expect({ words, after }).toEqual(expected(trial, expectation));
  });
});

describe('an add beside outcomes of others', () => {
  it.each(cases)('as %s, after one that is %s', async (mode, state) => {
    const owner = await bringOwner(lab, state, MODES[mode]);

    const trial = await addDedup(lab, [MODES[mode]], { now: NOW, path: 'commit' });

    const { words, after } = trial;
    const expectation = { outcome: outcomeOf(mode, state), job: MODES[mode], owner, now: NOW };
    expect({ words, after }).toEqual(expected(trial, expectation, `${words[0]}\n@${NOW}`));
  });
});

describe('an add once the ttl has passed', () => {
  it.each(cases)('as %s, after one that is %s', async (mode, state) => {
    const rule: DedupRule = MODES[mode];
    const owner = await bringOwner(lab, state, rule);
    const replacedAt = state === 'replaced' && rule.extend ? 1 : 0;
    const now = SEED_TIME + replacedAt + TTL;

    const early = await addDedup(lab, [{ dedup: 'other' }], { now: now - 1, writer: 'b' });
    const trial = await addDedup(lab, [rule], { now });

    // As with all deadlines, the last millisecond is the one before.
    const key = (early.after['dedup:d'] ?? {}) as Record<string, string>;
    expect(key.until).toBe(rule.ttl && state !== 'removed' ? String(now) : undefined);
    const { words, after } = trial;
    const outcome = rule.ttl ? 'added' : outcomeOf(mode, state);
    expect({ words, after }).toEqual(expected(trial, { outcome, job: rule, owner, now }));
  });
});

describe('the same call once more', () => {
  const repeats = cases.filter(
    ([, state]) => state === 'delayed' || state === 'active' || state === 'failed',
  );

  describe.each(ADD_PATHS)('of %s', (path) => {
    it.each(repeats)('as %s, after one that is %s: changes nothing', async (mode, state) => {
      await bringOwner(lab, state, MODES[mode]);

      const first = await addDedup(lab, [MODES[mode], MODES[mode]], { now: NOW, path });
      const again = await addDedup(lab, [MODES[mode], MODES[mode]], { now: NOW + 10, path });

      expect(again.words).toEqual(first.words);
      expect(again.after).toEqual(first.after);
    });
  });
});

interface Expectation {
  outcome: Outcome;
  job: DedupJob;
  owner: string;
  now: number;
}

type Maybe = Record<string, unknown>;

/** The word for the add and all that the queue holds after it, given what it held before. */
function expected(
  { words, before }: DedupTrial,
  { outcome, job, owner, now }: Expectation,
  answer = `${now}\n${words[0]}`,
): { words: string[]; after: Maybe } {
  const meta = before.meta as Record<string, string>;
  const given = String(Number(meta.id ?? 0) + 1);
  const id = job.id ?? given;
  const common = {
    ...before,
    meta: job.id === undefined ? { ...meta, id: given } : meta,
    'writer:a': `1\n${answer}`,
  };
  return outcome === 'added' || outcome === 'replaced'
    ? { words: [`+${id}`], after: withJob(common, job, id, now, outcome === 'replaced' ? owner : undefined) }
    : { words: [`~${owner}`], after: withoutJob(common, job, id, { outcome, owner, now }) };
}

function withoutJob(
  dump: QueueDump,
  job: DedupJob,
  id: string,
  { outcome, owner, now }: Omit<Expectation, 'job'>,
): Maybe {
  const key = dump['dedup:d'] as Record<string, string>;
  const keys: Partial<Record<Outcome, Maybe>> = {
    extended: { ...key, until: String(now + (job.ttl ?? 0)) },
    kept: { owner, nextId: id, nextSpec: dedupJob(job).spec, nextBody: dedupBody(job) },
  };
  return {
    ...dump,
    events: [...((dump.events ?? []) as string[][]), ['deduplicated', owner, 'd', id]],
    'dedup:d': keys[outcome] ?? key,
  };
}

/** `replaced` is the only delayed job then. */
function withJob(
  dump: QueueDump,
  job: DedupJob,
  id: string,
  now: number,
  replaced: string | undefined,
): Maybe {
  const key = dump['dedup:d'] as Record<string, string> | undefined;
  const until = replaced && !job.extend && key?.until ? key.until : String(now + (job.ttl ?? 0));
  const due = job.delay === undefined ? [] : [String(now + job.delay)];
  const gone = { delayed: undefined, [`body:${replaced}`]: undefined, [`job:${replaced}`]: undefined };
  const remaining: Maybe = { ...dump, ...(replaced && gone) };
  const told = [
    ['removed', replaced, 'delayed'],
    ['deduplicated', id, 'd', replaced],
  ];
  return {
    ...remaining,
    ...placed(remaining, job, id, now),
    [`body:${id}`]: `${now}\n${dedupBody(job)}`,
    'dedup:d': { owner: id, ...(job.ttl && { until }) },
    events: [
      ...((dump.events ?? []) as string[][]),
      ...(replaced ? told : []),
      ['added', id, 'work', ...due],
    ],
  };
}

/** Where a new job goes beside those that are there. */
function placed(dump: Maybe, job: DedupJob, id: string, now: number): Maybe {
  const seq = Number((dump.meta as Record<string, string>).seq ?? 0) + 1;
  const meta = { ...(dump.meta as Record<string, string>), seq: String(seq) };
  const inSet = (set: string, score: number): [string, number][] =>
    [...((dump[set] as [string, number][]) ?? []), [id, score] as [string, number]].sort(
      (a, b) => a[1] - b[1],
    );
  if (job.delay !== undefined) {
    const delayed = inSet('delayed', now + job.delay + (seq % 4096) / 4096);
    return { meta, delayed, [`job:${id}`]: { state: 'delayed', dedup: 'd' } };
  }
  if (job.priority !== undefined) {
    const place = job.lifo ? 2 ** 31 - 1 - seq : 2 ** 31 + seq;
    const prioritized = inSet('prioritized', job.priority * 2 ** 32 + place);
    const fields = { state: 'prioritized', priority: String(job.priority), dedup: 'd' };
    return { meta, prioritized, [`job:${id}`]: fields };
  }
  const waiting = [...((dump.waiting as string[]) ?? []), id];
  return { waiting, [`job:${id}`]: { state: 'waiting', dedup: 'd' } };
}
