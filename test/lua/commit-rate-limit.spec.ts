import { describe, expect, it } from '@jest/globals';
import { COMMIT_TIME as NOW, runCommit } from '../support/commit-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const limit = { want: 10, max: 3, duration: 1000 };
const five = Array.from({ length: 5 }, (_, i) => ({ id: `${i + 1}` }));

describe('commit: rate limit', () => {
  it('opens a window with the first start and stops at its maximum', async () => {
    await lab.given({ jobs: five });

    const { jobs, limitedForMs, after } = await runCommit(lab, [], limit);

    expect(jobs.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(limitedForMs).toBe(1000);
    expect(after).toMatchObject({ waiting: ['4', '5'], limiter: { count: '3', until: String(NOW + 1000) } });
    expect(await lab.ttlMs('limiter')).toBeGreaterThan(900);
  });

  it('counts on within the window, and says how long it is full', async () => {
    await lab.given({ jobs: five, limiter: { count: 2, until: NOW + 400 } });

    const { jobs, limitedForMs, after } = await runCommit(lab, [], limit);

    expect(jobs.map(({ id }) => id)).toEqual(['1']);
    expect(limitedForMs).toBe(400);
    expect(after).toMatchObject({ limiter: { count: '3', until: String(NOW + 400) } });
  });

  it('starts nothing in a full window, until it ends', async () => {
    await lab.given({ jobs: five, limiter: { count: 3, until: NOW + 1 } });

    const full = await runCommit(lab, [], limit);
    expect(full.jobs).toEqual([]);
    expect(full.limitedForMs).toBe(1);
    expect(full.after).toEqual({ ...full.before, 'writer:a': '1\n\n' });

    const next = await runCommit(lab, [], { ...limit, seq: '2', now: NOW + 1 });
    expect(next.jobs).toHaveLength(3);
    expect(next.after).toMatchObject({ limiter: { count: '3', until: String(NOW + 1001) } });
  });

  it('asks nobody to wait while there is room', async () => {
    await lab.given({ jobs: five.slice(0, 2) });

    const { jobs, limitedForMs, after } = await runCommit(lab, [], limit);

    expect(jobs).toHaveLength(2);
    expect(limitedForMs).toBe(0);
    expect(after).toMatchObject({ limiter: { count: '2' } });
  });

  it('opens no window when nothing starts', async () => {
    expect((await runCommit(lab, [], limit)).after.limiter).toBeUndefined();
  });

  it('starts nothing while closed by hand, even for workers without a limit', async () => {
    await lab.given({ jobs: five, closedUntil: NOW + 50 });

    for (const [i, options] of [limit, { want: 10 }].entries()) {
      const { jobs, limitedForMs, before, after } = await runCommit(lab, [], { ...options, seq: `${i}` });
      expect(jobs).toEqual([]);
      expect(limitedForMs).toBe(50);
      expect(after).toEqual({ ...before, 'writer:a': `${i}\n\n` });
    }
    expect((await runCommit(lab, [], { want: 10, seq: '3', now: NOW + 50 })).jobs).toHaveLength(5);
  });

  it.each([
    ['window', { limiter: { count: 3, until: NOW + 3_600_000, length: 1000 } }],
    ['closing by hand', { closedUntil: `${NOW + 3_600_000},50` }],
  ])('waits for no %s longer than that is, though the clock was put back', async (_case, seed) => {
    await lab.given({ jobs: five, ...seed });

    const { jobs, limitedForMs, after } = await runCommit(lab, [], limit);

    expect(jobs).toHaveLength(3);
    expect(limitedForMs).toBe(1000);
    expect(after).toMatchObject({ limiter: { count: '3', until: String(NOW + 1000), length: '1000' } });
  });
});
