import { describe, expect, it } from '@jest/globals';
import { cleanJobs, drainQueue, obliterateQueue, removeJob } from '../../lib/redis/scripts.generated.js';
import { LOCK_MS, runCommit } from '../support/commit-call.js';
import { addDedup, dedupBody, type DedupJob, type DedupRule } from '../support/dedup-call.js';
import { bringOwner, OWNER_DELAY_MS, type OwnerState } from '../support/dedup-owner.js';
import { ScriptLab, SEED_TIME, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();

const TTL = 600_000;
/** Locks have expired, the ttl has not passed. */
const NOW = SEED_TIME + 2 * LOCK_MS;

const remove = (id = '1'): Promise<Trial> => lab.run(removeJob, [NOW, 'a', '1', id]);
const clean = (state: string): Promise<Trial> => lab.run(cleanJobs, [NOW, 'a', '1', state, 0, 0, 0]);
const drain = async (): Promise<Trial> => {
  const { reply, ...trial } = await lab.run(drainQueue, [0, 1, 0, 0, 0, '-inf', '-inf', '1,0,0']);
  return { ...trial, reply: (reply as number[])[0] };
};
const obliterate = async (): Promise<Trial> => {
  await lab.client.hset(lab.keys.of('meta'), 'paused', 1);
  return lab.run(obliterateQueue, [0, 100, 1]);
};

const RULES: Record<string, DedupRule> = { simple: {}, throttle: { ttl: TTL } };

/** A key that this state is held in, where it is not its own name. */
const SETS: Partial<Record<OwnerState, string>> = { backoff: 'delayed', sleeping: 'delayed' };

describe.each(Object.entries(RULES))('%s: ends with a job that was', (_, rule) => {
  const states: OwnerState[] = ['waiting', 'prioritized', 'delayed', 'active', 'backoff', 'sleeping'];
  const finished: OwnerState[] = ['completed', 'failed'];

  it.each([...states, ...finished])('%s and is removed', async (state) => {
    await bringOwner(lab, state, rule);
    const { reply, after } = await remove();
    expect(reply).toBe('ok');
    expect(after).not.toHaveProperty('dedup:d');
  });

  it.each([...states, ...finished])('%s and is cleaned away', async (state) => {
    await bringOwner(lab, state, rule);
    const { reply, after } = await clean(SETS[state] ?? state);
    expect(reply).toBe('-1\n1');
    expect(after).not.toHaveProperty('dedup:d');
  });

  it.each(states.filter((state) => state !== 'active'))('%s and is drained', async (state) => {
    await bringOwner(lab, state, rule);
    const { reply, after } = await drain();
    expect(reply).toBe(1);
    expect(after).not.toHaveProperty('dedup:d');
  });

  it.each([...states, ...finished])('%s and is obliterated', async (state) => {
    await bringOwner(lab, state, rule);
    expect(Object.keys((await obliterate()).after).sort()).toEqual(['events', 'writer:setup']);
  });
});

describe('a job that is no longer the owner ends nothing when it is', () => {
  const removals: [string, OwnerState, () => Promise<Trial>][] = [
    ['removed', 'completed', remove],
    ['removed', 'waiting', remove],
    ['cleaned', 'completed', () => clean('completed')],
    ['drained', 'prioritized', drain],
  ];

  it.each(removals)('%s, being %s', async (_, state, removal) => {
    const short = { ttl: 1000 };
    await bringOwner(lab, state, short);
    // The ttl has passed, and another job runs.
    const later = { now: SEED_TIME + 1000, writer: 'b' };
    await addDedup(lab, [{ ttl: TTL, lifo: true }], later);
    await runCommit(lab, [], { ...later, seq: '2', want: 1 });

    const { before, after } = await removal();

    expect(after).not.toHaveProperty('body:1');
    expect(after['dedup:d']).toEqual({ owner: '2', until: String(later.now + TTL) });
    expect(after['job:2']).toEqual(before['job:2']);
  });
});

describe('what was kept for after the owner', () => {
  const KEEP = { keepLastIfActive: true };

  const givenNext = async (state: OwnerState, next: DedupJob = {}): Promise<void> => {
    await bringOwner(lab, state, KEEP);
    await addDedup(lab, [{ ...KEEP, ...next }], { now: SEED_TIME + 10, writer: 'next' });
    await lab.client.del(lab.keys.of('wake'));
  };

  const nextIsThere = {
    'job:2': { state: 'waiting', dedup: 'd' },
    'dedup:d': { owner: '2' },
    waiting: ['2'],
  };

  it.each(['waiting', 'active', 'backoff', 'sleeping'] as const)(
    'is added when that, %s, is removed by hand',
    async (state) => {
      await givenNext(state);

      const { reply, before, after } = await remove();

      expect(reply).toBe('ok');
      const set = SETS[state] ?? state;
      expect(after).toEqual({
        ...before,
        [set]: undefined,
        'body:1': undefined,
        'job:1': undefined,
        ...nextIsThere,
        'body:2': `${NOW}\n${dedupBody(KEEP)}`,
        wake: [['1', 0]],
        events: [...(before.events as string[][]), ['removed', '1', set], ['added', '2', 'work']],
        'writer:a': '1\nok',
      });
    },
  );

  it.each(['active', 'backoff'] as const)('is added when that, %s, is cleaned away', async (state) => {
    await givenNext(state);

    const { reply, before, after } = await clean(SETS[state] ?? state);

    expect(reply).toBe('-1\n1');
    expect(after).toEqual({
      ...before,
      [SETS[state] ?? state]: undefined,
      'body:1': undefined,
      'job:1': undefined,
      ...nextIsThere,
      'body:2': `${NOW}\n${dedupBody(KEEP)}`,
      wake: [['1', 0]],
      events: [
        ...(before.events as string[][]),
        ['removed', '1', SETS[state] ?? state],
        ['added', '2', 'work'],
        ['cleaned', '1'],
      ],
      'writer:a': '1\n-1\n1',
    });
  });

  it('wakes a worker where it is delayed, so that one learns when it is due', async () => {
    await givenNext('backoff', { delay: 500 });

    const { after } = await remove();

    expect(after).toMatchObject({ delayed: [['2', NOW + 500 + 2 / 4096]], wake: [['1', 0]] });
  });

  it('wakes no one in a paused queue', async () => {
    await givenNext('backoff');
    await lab.client.hset(lab.keys.of('meta'), 'paused', 1);

    expect((await remove()).after).not.toHaveProperty('wake');
  });

  it('is added once, however often the call comes', async () => {
    await givenNext('backoff');

    const first = await remove();
    const again = await remove();

    expect(again.after).toEqual(first.after);
  });

  it('is not added while a worker holds the lock of that', async () => {
    await givenNext('active');

    const { reply, before, after } = await lab.run(removeJob, [SEED_TIME + LOCK_MS, 'a', '1', '1']);

    expect(reply).toBe('locked');
    expect(after['dedup:d']).toEqual(before['dedup:d']);
  });

  it('is drained with it: it waits too', async () => {
    await givenNext('backoff');
    expect((await drain()).reply).toBe(1);
    expect(Object.keys(await lab.dump()).filter((name) => /^(?:dedup|body|job):/.test(name))).toEqual([]);
  });

  it('stays when the queue is drained while that runs', async () => {
    await givenNext('active');
    const { before, after } = await drain();
    expect(after).toEqual(before);
  });

  it('is obliterated with it', async () => {
    await givenNext('active');
    expect(Object.keys((await obliterate()).after).sort()).toEqual(['events', 'writer:next', 'writer:setup']);
  });
});

describe('retention', () => {
  it('leaves the key of an unfinished job alone', async () => {
    await bringOwner(lab, 'completed', {});
    await addDedup(lab, [{}, { dedup: 'e' }], { now: SEED_TIME + 10, writer: 'b' });
    await runCommit(lab, [], { now: SEED_TIME + 11, writer: 'b', seq: '2', want: 2 });

    const { after } = await runCommit(lab, [['complete', '3', 'w:1', '1', '1,,']], {
      now: SEED_TIME + OWNER_DELAY_MS,
    });

    expect(after.completed).toEqual([['3', 2]]);
    expect(after['dedup:d']).toEqual({ owner: '2' });
  });
});
