import { describe, expect, it } from '@jest/globals';
import { cleanJobs } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 60_000;

interface Options {
  grace?: number;
  limit?: number;
  start?: number;
  seq?: string;
}

const clean = (state: string, { grace = 1000, limit = 0, start = 0, seq = '1' }: Options = {}) =>
  lab.run(cleanJobs, [NOW, 'a', seq, state, grace, limit, start]);

const OLD = NOW - 1000;
const YOUNG = NOW - 999;
const gone = (...ids: string[]) =>
  Object.fromEntries(ids.flatMap((id) => ['body', 'job', 'logs'].map((key) => [`${key}:${id}`, undefined])));
const finished = (id: string, state: 'completed' | 'failed', finishedOn: number): SeedJob => ({
  ...{ id, state, fields: { finishedOn } },
});

describe('clean-jobs', () => {
  it('removes waiting jobs by their creation, and leaves the order of the others', async () => {
    await lab.given({
      jobs: [
        { id: '1', timestamp: OLD },
        { id: '2', timestamp: YOUNG },
        { id: '3', timestamp: OLD, logs: ['x'], fields: { progress: 1 } },
        { id: '4', timestamp: YOUNG },
      ],
    });

    const { reply, before, after } = await clean('waiting');

    expect(reply).toBe('-1\n1\n3');
    expect(after).toEqual({
      ...{ ...before, ...gone('1', '3') },
      waiting: ['2', '4'],
      events: [
        ['removed', '1', 'waiting'],
        ['removed', '3', 'waiting'],
        ['cleaned', '2'],
      ],
      'writer:a': '1\n-1\n1\n3',
    });
  });

  it.each(['prioritized', 'delayed'] as const)('removes %s jobs by their creation', async (state) => {
    await lab.given({
      jobs: [
        { id: '1', state, timestamp: YOUNG, priority: 1 },
        { id: '2', state, timestamp: OLD, priority: 1 },
      ],
    });

    const { reply, before, after } = await clean(state);

    expect(reply).toBe('-1\n2');
    expect(after).toEqual({
      ...{ ...before, ...gone('2') },
      [state]: (before[state] as unknown[]).slice(0, 1),
      events: [
        ['removed', '2', state],
        ['cleaned', '1'],
      ],
      'writer:a': '1\n-1\n2',
    });
  });

  it.each(['completed', 'failed'] as const)('removes %s jobs by their end', async (state) => {
    await lab.given({ jobs: [finished('1', state, OLD), finished('2', state, YOUNG)] });

    const { reply, before, after } = await clean(state);

    expect(reply).toBe('-1\n1');
    expect(after).toEqual({
      ...{ ...before, ...gone('1') },
      [state]: [['2', 2]],
      events: [['cleaned', '1']],
      'writer:a': '1\n-1\n1',
    });
  });

  it('removes active jobs by their start, where no worker holds them', async () => {
    const active = (id: string, processedOn: number, lockUntil: number): SeedJob => ({
      ...{ id, state: 'active', lockUntil, fields: { processedOn } },
    });
    await lab.given({ jobs: [active('1', OLD, NOW), active('2', YOUNG, NOW), active('3', OLD, NOW + 1)] });

    const { reply, before, after } = await clean('active');

    expect(reply).toBe('-1\n1');
    expect(after).toEqual({
      ...{ ...before, ...gone('1') },
      active: [
        ['2', NOW],
        ['3', NOW + 1],
      ],
      events: [
        ['removed', '1', 'active'],
        ['cleaned', '1'],
      ],
      'writer:a': '1\n-1\n1',
    });
  });

  it('removes everything up to now without a grace time', async () => {
    await lab.given({ jobs: [finished('1', 'failed', NOW), { id: '2', timestamp: NOW }] });

    expect((await clean('failed', { grace: 0 })).reply).toBe('-1\n1');
    expect((await clean('waiting', { grace: 0, seq: '2' })).reply).toBe('-1\n2');
  });

  it('removes no more than a limit, and says where to go on', async () => {
    await lab.given({
      jobs: ['1', '2', '3', '4', '5'].map((id) => ({ id, timestamp: id === '1' ? YOUNG : OLD })),
    });

    const first = await clean('waiting', { limit: 2 });
    expect(first.reply).toBe('1\n2\n3');
    expect(first.after.waiting).toEqual(['1', '4', '5']);

    const next = await clean('waiting', { limit: 2, start: 1, seq: '2' });
    expect(next.reply).toBe('-1\n4\n5');
    expect(next.after.waiting).toEqual(['1']);
  });

  it.each(['waiting', 'delayed', 'completed'] as const)('looks at 250 %s jobs a call', async (state) => {
    const isOld = (i: number) => i % 2 === 0;
    await lab.given({
      jobs: Array.from({ length: 525 }, (_, i) => ({
        ...{ id: `${i}`, state, timestamp: isOld(i) ? OLD : YOUNG },
        ...(state === 'completed' ? { fields: { finishedOn: isOld(i) ? OLD : YOUNG } } : {}),
      })),
    });

    const lengths: number[] = [];
    let start = 0;
    for (let seq = 1; start >= 0; seq += 1) {
      const [next, ...ids] = String((await clean(state, { start, seq: `${seq}` })).reply).split('\n');
      lengths.push(ids.length);
      start = Number(next);
    }

    expect(lengths).toEqual([125, 125, 13]);
    expect((await lab.dump())[state]).toHaveLength(262);
  });

  it('changes nothing where nothing is old', async () => {
    await lab.given({ jobs: [{ id: '1', timestamp: YOUNG }, finished('2', 'failed', YOUNG)] });

    const { reply, before, after } = await clean('waiting');
    expect(reply).toBe('-1');
    expect(after).toEqual({ ...before, 'writer:a': '1\n-1' });
    expect((await clean('completed', { seq: '2' })).reply).toBe('-1');
  });

  it('answers a repeated call as the first time', async () => {
    await lab.given({ jobs: ['1', '2', '3'].map((id) => ({ id, timestamp: OLD })) });

    const first = await clean('waiting', { limit: 1 });
    const again = await clean('waiting', { limit: 1 });

    expect(again.reply).toBe('0\n1');
    expect(again.after).toEqual(first.after);
  });
});
