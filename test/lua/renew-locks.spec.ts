import { describe, expect, it } from '@jest/globals';
import { encodeRenewLocks } from '../../lib/job/wire.generated.js';
import { renewLocks } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 20_000;

const renew = (...held: [id: string, token: string][]) =>
  lab.run(renewLocks, [NOW, 30_000, 15_000, 30_000], encodeRenewLocks(held));

describe('renew-locks', () => {
  it('moves the expiry of the locks that are held', async () => {
    await lab.given({ jobs: ['1', '2', '3'].map((id) => ({ id, state: 'active' })) });

    const { reply, before, after } = await renew(['1', 'w:1'], ['3', 'w:1']);

    expect(reply).toEqual([[], []]);
    expect(after).toEqual({
      ...before,
      active: [
        ['2', SEED_TIME + 30_000],
        ['1', NOW + 30_000],
        ['3', NOW + 30_000],
      ],
    });
  });

  it('renews a lock that has expired but was not granted again', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active', lockUntil: NOW - 5000 }] });

    expect((await renew(['1', 'w:1'])).after.active).toEqual([['1', NOW + 30_000]]);
  });

  it('answers the jobs whose lock is lost, and leaves them alone', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'active', fields: { token: 'w:2', attemptsStarted: 2 } },
        { id: '2', fields: { state: 'waiting', token: 'w:1', attemptsStarted: 1 } },
        { id: '3', state: 'completed' },
        { id: '4' },
      ],
    });

    const { reply, before, after } = await renew(
      ['1', 'w:1'],
      ['2', 'w:1'],
      ['3', 'w:1'],
      ['4', 'w:1'],
      ['5', 'w:1'],
      ['1', 'v:2'],
    );

    expect(reply).toEqual([['1', '2', '3', '4', '5', '1'], []]);
    expect(after).toEqual(before);
  });

  it('tells of those that were cancelled', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'active', fields: { cancelled: 'u"enough"', deferred: '"enough"' } },
        { id: '2', state: 'active' },
      ],
    });

    expect((await renew(['1', 'w:1'], ['2', 'w:1'])).reply).toEqual([[], ['1', 'w:1', 'u"enough"']]);
  });

  it('does nothing for nobody', async () => {
    const { reply, after } = await renew();

    expect(reply).toEqual([[], []]);
    expect(after).toEqual({});
  });

  it('takes thousands of locks in one call', async () => {
    const ids = Array.from({ length: 3000 }, (_, i) => `${i}`);
    await lab.given({ jobs: ids.map((id) => ({ id, state: 'active' })) });

    const { reply, after } = await renew(...ids.map((id): [string, string] => [id, 'w:1']));

    expect(reply).toEqual([[], []]);
    expect((after.active as [string, number][]).every(([, expiry]) => expiry === NOW + 30_000)).toBe(true);
  });

  it('refuses more locks than a call may renew', async () => {
    const tooMany = Array.from({ length: 5001 }, (): [string, string] => ['1', 'w:1']);

    await expect(renew(...tooMany)).rejects.toThrow('too many locks');
  });
});
