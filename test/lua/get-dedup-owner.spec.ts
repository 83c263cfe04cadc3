import { describe, expect, it } from '@jest/globals';
import { getDedupOwner } from '../../lib/redis/scripts.generated.js';
import { addDedup } from '../support/dedup-call.js';
import { bringOwner, OWNER_STATES, type OwnerState } from '../support/dedup-owner.js';
import { ScriptLab, SEED_TIME, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();

const NOW = SEED_TIME + 1000;
const TTL = 60_000;

const owner = (now = NOW, id = 'd'): Promise<Trial> => lab.run(getDedupOwner, [now, id]);

const FREED: OwnerState[] = ['completed', 'failed', 'removed', 'auto-removed'];

describe('get-dedup-owner', () => {
  it.each(OWNER_STATES)('without a ttl, the first job being %s', async (state) => {
    const id = await bringOwner(lab, state, {});

    const { reply, before, after } = await owner();

    expect(reply).toBe(FREED.includes(state) ? '' : id);
    expect(after).toEqual(before);
  });

  it.each(OWNER_STATES)('within its ttl, the first job being %s', async (state) => {
    const id = await bringOwner(lab, state, { ttl: TTL });

    expect((await owner(SEED_TIME + TTL - 1)).reply).toBe(state === 'removed' ? '' : id);
    expect((await owner(SEED_TIME + TTL)).reply).toBe('');
  });

  it('names the owner, not the job that is kept for after it', async () => {
    await bringOwner(lab, 'active', {});
    await addDedup(lab, [{ keepLastIfActive: true }], { now: NOW });

    expect((await owner()).reply).toBe('1');
  });

  it('knows no other id', async () => {
    await bringOwner(lab, 'waiting', {});

    expect((await owner(NOW, 'D')).reply).toBe('');
  });
});
