import type { JobWrite } from '../../lib/job/job-write.js';
import { describe, expect, it } from '@jest/globals';
import { getMetrics, getSettings, setMetrics } from '../../lib/redis/scripts.generated.js';
import { ScriptLab, SEED_TIME as NOW } from '../support/script-lab.js';
import { runCommit } from '../support/commit-call.js';

const lab = ScriptLab.open();
const MINUTE = 60_000;
const first = Math.floor(NOW / MINUTE) + 60;
let seq = 0;

/** Ends a job in a minute, counted from the first. */
async function end(id: string, minute: number, how: 'complete' | 'fail' = 'complete'): Promise<void> {
  const entry: JobWrite =
    how === 'complete' ? ['complete', id, 'w:1', '1', ''] : ['fail', id, 'w:1', '"no"', '[]', '', '1'];
  seq += 1;
  const trial = await runCommit(lab, [entry], { now: (first + minute) * MINUTE + 5, seq: String(seq) });
  expect(trial.words).toEqual(['ok']);
}

const seedJobs = (): Promise<void> =>
  lab.given({
    jobs: ['1', '2', '3', '4', '5', '6'].map((id) => ({
      ...{ id, state: 'active' as const, lockUntil: NOW + 1000 * MINUTE },
    })),
  });

const look = async (state: string, start = 0, stop = -1): Promise<unknown> =>
  (await lab.run(getMetrics, [state, start, stop])).reply;

describe('metrics', () => {
  it('are kept in a point for each minute, the newest first, empty minutes with them', async () => {
    expect((await lab.run(setMetrics, [3])).after).toEqual({ meta: { metrics: '3' } });
    await seedJobs();
    await lab.run(setMetrics, [3]);
    expect((await lab.run(getSettings, [])).reply).toEqual([0, '', '3']);
    expect(await look('completed')).toEqual(['0', '0', '0', 0, []]);

    await end('1', 0);
    await end('2', 0);
    await end('3', 0, 'fail');
    expect(await look('completed')).toEqual(['2', String(first), '0', 0, []]);
    await end('4', 2);
    expect(await look('completed')).toEqual(['3', String(first + 2), '2', 2, ['0', '2']]);
    expect(await look('failed')).toEqual(['1', String(first), '0', 0, []]);
    await end('5', 4);
    // Three are kept.
    expect(await look('completed')).toEqual(['4', String(first + 4), '3', 3, ['0', '1', '0']]);
    expect(await look('completed', 1, 1)).toEqual(['4', String(first + 4), '3', 3, ['1']]);
    expect(await look('completed', -1, -1)).toEqual(['4', String(first + 4), '3', 3, ['0']]);
    await end('6', 400);
    expect(await look('completed')).toEqual(['5', String(first + 400), '4', 3, ['0', '0', '0']]);
  });

  it('count a job that ends with its last step, whatever its record is', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: '2', state: 'active', lockUntil: NOW + 1000 * MINUTE, fields: { stalls: 1 } },
      ],
    });
    await lab.run(setMetrics, [3]);
    await runCommit(lab, [], { now: first * MINUTE, seq: 'a', want: 1 });
    const { words } = await runCommit(
      lab,
      [
        ['last-step', '1', 'w:1', 'ship', '1', ''],
        ['last-step', '2', 'w:1', 'ship', '1', ''],
      ],
      { now: first * MINUTE + 5, seq: 'b' },
    );
    expect(words).toEqual(['ok', 'ok']);
    expect(await look('completed')).toEqual(['2', String(first), '0', 0, []]);
  });

  it('stay as they are where nothing is counted', async () => {
    await seedJobs();
    await end('1', 0);
    expect(await look('completed')).toEqual(['0', '0', '0', 0, []]);
  });
});
