import { describe, expect, it } from '@jest/globals';
import { changeDelay, promoteJob } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { runCommit } from '../support/commit-call.js';
import { addDedup, type DedupRule } from '../support/dedup-call.js';
import { bringOwner } from '../support/dedup-owner.js';
import { ScriptLab, SEED_TIME } from '../support/script-lab.js';

const lab = ScriptLab.open();

const NOW = SEED_TIME + 1000;
const TTL = 60_000;
/** Scripts that are given the time let keys expire later by this, as Redis forgets keys by its own clock. */
const LATER = 3_600_000;

describe('the key of a deduplication', () => {
  const expiries: [string, DedupRule, boolean][] = [
    ['stays without a ttl', {}, false],
    ['goes by itself after the ttl', { ttl: TTL }, true],
    ['stays where the next job may be kept, ttl or not', { ttl: TTL, keepLastIfActive: true }, false],
  ];

  it.each(expiries)('%s', async (_, rule, expires) => {
    await addDedup(lab, [rule]);

    const ttlMs = await lab.ttlMs('dedup:d');
    expect(ttlMs > LATER + TTL - 5000 && ttlMs <= LATER + TTL).toBe(expires);
    expect(ttlMs === -1).toBe(!expires);
  });

  it('is held for its new ttl when it is extended', async () => {
    await addDedup(lab, [{ ttl: 1000 }], { now: NOW });

    await addDedup(lab, [{ ttl: TTL, extend: true }], { now: NOW + 1, seq: '2' });

    expect(await lab.ttlMs('dedup:d')).toBeGreaterThan(LATER + 1000);
  });

  it('keeps the time that is left when its owner is replaced', async () => {
    const rule = { ttl: TTL, replace: true, delay: 500 };
    await addDedup(lab, [rule], { now: NOW });

    await addDedup(lab, [rule], { now: NOW + TTL - 200, seq: '2' });

    expect(await lab.ttlMs('dedup:d')).toBeLessThanOrEqual(LATER + 200);
  });

  it('gets the ttl of the job that replaces one without, and loses it to one without', async () => {
    const rule = { replace: true, delay: 500 };
    await addDedup(lab, [rule], { now: NOW });

    const timed = await addDedup(lab, [{ ...rule, ttl: TTL }], { now: NOW + 1, seq: '2' });
    expect(timed.after['dedup:d']).toEqual({ owner: '2', until: String(NOW + 1 + TTL) });
    const free = await addDedup(lab, [rule], { now: NOW + 2, seq: '3' });
    expect(free.after['dedup:d']).toEqual({ owner: '3' });
    expect(await lab.ttlMs('dedup:d')).toBe(-1);
  });

  it('is no longer extended where none has a ttl', async () => {
    await bringOwner(lab, 'active', {});

    const { before, after } = await addDedup(lab, [{ ttl: TTL, extend: true }], { now: NOW });

    expect(after['dedup:d']).toEqual(before['dedup:d']);
    expect(await lab.ttlMs('dedup:d')).toBe(-1);
  });

  it('keeps its deadline when the owner is promoted or delayed again', async () => {
    await bringOwner(lab, 'delayed', { ttl: TTL });
    const { after: delayed } = await lab.run(changeDelay, [NOW, 'b', '1', '1', 5]);
    const { after: promoted } = await lab.run(promoteJob, [NOW, 'b', '2', '1']);

    expect([delayed, promoted].map((dump) => dump['dedup:d'])).toEqual(
      Array.from({ length: 2 }, () => ({ owner: '1', until: String(SEED_TIME + TTL) })),
    );
  });

  it('still names an owner that the retention has removed', async () => {
    await bringOwner(lab, 'active', { ttl: TTL });
    await runAdd(lab, [{}], { now: NOW });

    await runCommit(lab, [['complete', '1', 'w:1', '1', '']], { now: NOW, seq: '2', want: 1 });
    const { after } = await runCommit(lab, [['complete', '2', 'w:1', '1', '1,,']], {
      now: NOW + 1,
      seq: '3',
    });

    expect(after.completed).toEqual([['2', 2]]);
    expect(after['dedup:d']).toEqual({ owner: '1', until: String(SEED_TIME + TTL) });
    expect((await addDedup(lab, [{ ttl: TTL }], { now: NOW + 2, writer: 'b' })).words).toEqual(['~1']);
  });

  it('may have an id of any signs that a line can hold', async () => {
    const dedup = 'a,b:{c} *[d]? "é" 漢字 e,,1';

    await addDedup(lab, [{ dedup, ttl: 5000, extend: true }], { now: NOW });
    const { words, after } = await addDedup(lab, [{ dedup, ttl: 5000, extend: true }], {
      now: NOW + 10,
      seq: '2',
    });

    expect(words).toEqual(['~1']);
    expect(after[`dedup:${dedup}`]).toEqual({ owner: '1', until: String(NOW + 5010) });
    expect((after.events as string[][]).at(-1)).toEqual(['deduplicated', '1', dedup, '2']);
  });
});

describe('an owner that is no more, without a ttl', () => {
  const gone = async (state: 'waiting' | 'delayed', rule: DedupRule = {}): Promise<void> => {
    await bringOwner(lab, state, rule);
    await lab.client.del(...[state, 'body:1', 'job:1'].map((name) => lab.keys.base + name));
  };

  it('is what the audit finds', async () => {
    await gone('waiting');

    const found = 'deduplication d is held for 1, which is no unfinished job of it';
    lab.willFind(found);
    expect(await lab.audit()).toEqual([found]);
  });

  it.each(
    Object.entries({ simple: {}, replace: { replace: true }, 'keep-last': { keepLastIfActive: true } }),
  )('stops no add as %s', async (_, rule) => {
    await gone('delayed', rule);

    const { words, after } = await addDedup(lab, [rule], { now: NOW });

    expect(words).toEqual(['+2']);
    expect(after).toMatchObject({ waiting: ['2'], 'dedup:d': { owner: '2' } });
  });
});

describe("another job that was given the owner's id, within the ttl", () => {
  const rule = { ttl: TTL, id: 'x' };

  /** Job x has run and is gone; its key holds on. */
  const another = async (spec: string): Promise<void> => {
    await addDedup(lab, [rule], { now: SEED_TIME, writer: 's' });
    await runCommit(lab, [], { now: SEED_TIME, writer: 's', seq: '2', want: 1 });
    await runCommit(lab, [['complete', 'x', 'w:1', '1', '0,,']], { now: SEED_TIME, writer: 's', seq: '3' });
    await runAdd(lab, [{ id: 'x', spec }], { now: SEED_TIME, writer: 's', seq: '4' });
  };

  it('is not replaced', async () => {
    await another('500,3,,');

    const { words, before, after } = await addDedup(lab, [{ ttl: TTL, replace: true, delay: 1 }], {
      now: NOW,
    });

    expect(words).toEqual(['~x']);
    expect(after).toMatchObject({ delayed: before.delayed, 'job:x': before['job:x'] });
  });

  it('has no job kept for after it', async () => {
    await another('');
    await runCommit(lab, [], { now: SEED_TIME, writer: 's', seq: '5', want: 1 });

    const { words, before, after } = await addDedup(lab, [{ keepLastIfActive: true }], { now: NOW });

    expect(words).toEqual(['~x']);
    expect(after['dedup:d']).toEqual(before['dedup:d']);
  });
});
