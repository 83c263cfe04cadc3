import { describe, expect, it } from '@jest/globals';
import { removeDedupKey } from '../../lib/redis/scripts.generated.js';
import { addDedup, dedupBody, type DedupJob } from '../support/dedup-call.js';
import { bringOwner, type OwnerState } from '../support/dedup-owner.js';
import { ScriptLab, SEED_TIME, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();

const NOW = SEED_TIME + 1000;
const TTL = 60_000;
const KEEP = { keepLastIfActive: true };

const end = (owner = '', now = NOW): Promise<Trial> => lab.run(removeDedupKey, [now, 'a', '1', 'd', owner]);

const freed = (id: string): string => `job ${id} is unfinished and not the owner of its deduplication d`;

describe('remove-dedup-key', () => {
  it.each(['waiting', 'delayed', 'active', 'backoff'] as OwnerState[])(
    'ends the deduplication of a job that is %s, and leaves the job alone',
    async (state) => {
      await bringOwner(lab, state, {});

      const { reply, before, after } = await end();

      expect(reply).toBe('ok');
      expect(after).toEqual({ ...before, 'dedup:d': undefined, 'writer:a': '1\nok' });
      lab.willFind(freed('1'));
    },
  );

  it.each(['waiting', 'completed', 'auto-removed'] as OwnerState[])(
    'ends a ttl, the job being %s',
    async (state) => {
      await bringOwner(lab, state, { ttl: TTL });

      const { reply, before, after } = await end('', SEED_TIME + TTL - 1);

      expect(reply).toBe('ok');
      expect(after).toEqual({ ...before, 'dedup:d': undefined, 'writer:a': '1\nok' });
      expect((await addDedup(lab, [{}], { now: NOW, writer: 'b' })).words).toEqual(['+2']);
    },
  );

  it('says that there is nothing to end', async () => {
    const { reply, after } = await end();

    expect(reply).toBe('missing');
    expect(after).toEqual({ 'writer:a': '1\nmissing' });
  });

  it('says so as well once the ttl has passed', async () => {
    await bringOwner(lab, 'waiting', { ttl: TTL });

    const { reply, before, after } = await end('', SEED_TIME + TTL);

    expect(reply).toBe('missing');
    expect(after).toEqual({ ...before, 'writer:a': '1\nmissing' });
  });

  it('ends it on behalf of the owner', async () => {
    await bringOwner(lab, 'active', {});

    expect(await end('1')).toMatchObject({ reply: 'ok' });
    expect(await lab.dump()).not.toHaveProperty('dedup:d');
    lab.willFind(freed('1'));
  });

  it('does not end it on behalf of another job', async () => {
    await bringOwner(lab, 'completed', {});
    await addDedup(lab, [{}], { now: NOW, writer: 'b' });

    const { reply, before, after } = await end('1');

    expect(reply).toBe('missing');
    expect(after).toEqual({ ...before, 'writer:a': '1\nmissing' });
  });

  describe('where a job is kept for after the owner', () => {
    const givenNext = async (next: DedupJob = {}): Promise<void> => {
      await bringOwner(lab, 'active', KEEP);
      await addDedup(lab, [{ ...KEEP, ...next }], { now: SEED_TIME + 10, writer: 'next' });
      await lab.client.del(lab.keys.of('wake'));
      lab.willFind(freed('1'), freed('2'));
    };

    it('adds that job, which nothing protects', async () => {
      await givenNext({ data: '[2]' });

      const { reply, before, after } = await end();

      expect(reply).toBe('ok');
      expect(after).toEqual({
        ...before,
        'dedup:d': undefined,
        waiting: ['2'],
        'body:2': `${NOW}\n${dedupBody({ ...KEEP, data: '[2]' })}`,
        'job:2': { state: 'waiting', dedup: 'd' },
        wake: [['1', 0]],
        events: [...(before.events as string[][]), ['added', '2', 'work']],
        'writer:a': '1\nok',
      });
    });

    it('wakes a worker for a delayed one too, so that one learns when it is due', async () => {
      await givenNext({ delay: 500 });

      const { after } = await end();

      expect(after).toMatchObject({ delayed: [['2', NOW + 500 + 1 / 4096]], wake: [['1', 0]] });
    });

    it('wakes no one in a paused queue', async () => {
      await givenNext();
      await lab.client.hset(lab.keys.of('meta'), 'paused', 1);

      expect((await end()).after).not.toHaveProperty('wake');
    });
  });

  it('answers a repeated call as the first time, and changes nothing', async () => {
    await bringOwner(lab, 'active', KEEP);
    await addDedup(lab, [KEEP], { now: SEED_TIME + 10, writer: 'next' });
    const first = await end();
    const { after: added } = await addDedup(lab, [KEEP], { now: NOW, writer: 'next', seq: '2' });

    const again = await end();

    expect(again.reply).toBe(first.reply);
    expect(again.after).toEqual(added);
    lab.willFind(freed('1'), freed('2'));
  });
});
