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

    expectOutcome(trial, { outcome: outcomeOf(mode, state), job, owner, now: NOW });
  });
});

describe('an add beside outcomes of others', () => {
  it.each(cases)('as %s, after one that is %s', async (mode, state) => {
    const owner = await bringOwner(lab, state, MODES[mode]);

    const trial = await addDedup(lab, [MODES[mode]], { now: NOW, path: 'commit' });

    const outcome = outcomeOf(mode, state);
    const expectation = { outcome, job: MODES[mode], owner, now: NOW };
    expectOutcome(trial, expectation, `${trial.words[0]}\n`);
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
    if (rule.ttl && state !== 'removed') expect(early.after['dedup:d']).toMatchObject({ until: String(now) });
    expectOutcome(trial, { outcome: rule.ttl ? 'added' : outcomeOf(mode, state), job: rule, owner, now });
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

/** Compares all that the queue holds with what the outcome makes of what it held before. */
function expectOutcome(
  { words, before, after }: DedupTrial,
  { outcome, job, owner, now }: Expectation,
  answer = `${now}\n${words[0]}`,
): void {
  const meta = before.meta as Record<string, string>;
  const given = Number(meta.id ?? 0) + 1;
  const id = job.id ?? String(given);
  const key = before['dedup:d'] as Record<string, string> | undefined;
  const deadline = now + (job.ttl ?? 0);
  const stays = outcome !== 'added' && outcome !== 'replaced';
  expect(words).toEqual([stays ? `~${owner}` : `+${id}`]);

  const told = (before.events ?? []) as string[][];
  const common: QueueDump = {
    ...before,
    meta: job.id === undefined ? { ...meta, id: String(given) } : meta,
    'writer:a': `1\n${answer}`,
  };
  if (stays) {
    const kept = { owner, nextId: id, nextSpec: dedupJob(job).spec, nextBody: dedupBody(job) };
    expect(after).toEqual({
      ...common,
      events: [...told, ['deduplicated', owner, 'd', id]],
      ...(outcome === 'extended' && { 'dedup:d': { ...key, until: String(deadline) } }),
      ...(outcome === 'kept' && { 'dedup:d': kept }),
    });
    return;
  }

  const replaced = outcome === 'replaced';
  const remaining: QueueDump = { ...common, ...(replaced && without(common, owner)) };
  const until = replaced && !job.extend && key?.until ? key.until : String(deadline);
  const due = job.delay === undefined ? [] : [String(now + job.delay)];
  expect(after).toEqual({
    ...remaining,
    ...placed(remaining, job, id, now),
    [`body:${id}`]: `${now}\n${dedupBody(job)}`,
    'dedup:d': { owner: id, ...(job.ttl && { until }) },
    events: [
      ...told,
      ...(replaced
        ? [
            ['removed', owner, 'delayed'],
            ['deduplicated', id, 'd', owner],
          ]
        : []),
      ['added', id, 'work', ...due],
    ],
  });
}

/** A queue without its only delayed job. */
function without(dump: QueueDump, id: string): Record<string, undefined> {
  expect((dump.delayed as [string, number][]).map(([member]) => member)).toEqual([id]);
  return { delayed: undefined, [`body:${id}`]: undefined, [`job:${id}`]: undefined };
}

/** Where a new job goes beside those that are there. */
function placed(dump: QueueDump, job: DedupJob, id: string, now: number): Record<string, unknown> {
  const seq = Number((dump.meta as Record<string, string>).seq ?? 0) + 1;
  const meta = { ...(dump.meta as Record<string, string>), seq: String(seq) };
  const inSet = (set: string, score: number): [string, number][] =>
    ([...((dump[set] as [string, number][]) ?? []), [id, score]] as [string, number][]).sort(
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
