import { describe, expect, it } from '@jest/globals';
import { drainQueue } from '../../lib/redis/scripts.generated.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const everywhere = {
  jobs: [
    { id: '1', fields: { progress: '1' }, logs: ['x'] },
    { id: '2', state: 'prioritized', priority: 1 },
    { id: '3', state: 'delayed' },
    { id: '4', state: 'active' },
    { id: '5', state: 'completed' },
    { id: '6', state: 'failed' },
  ],
} as const;
const gone = {
  'body:1': undefined,
  'job:1': undefined,
  'logs:1': undefined,
  'body:2': undefined,
  'job:2': undefined,
  events: [
    ['removed', '1', 'waiting'],
    ['removed', '2', 'prioritized'],
  ],
};

type Reply = [
  removed: number,
  looked: number,
  begun: number,
  left: number,
  passed: number,
  prioritized: string,
  delayed: string,
  grouped: string,
];

/** The first slice of a draining, or the one after a reply. */
async function drain(delayed: number, last?: Reply) {
  const [, , begun, left, passed, ...scores] = last ?? [0, 0, 0, 0, 0, '-inf', '-inf', '1,0,0'];
  const { reply, ...states } = await lab.run(drainQueue, [0, delayed, begun, left, passed, ...scores]);
  return { ...states, reply: reply as Reply };
}

describe('drain-queue', () => {
  it('removes jobs that wait', async () => {
    await lab.given({ jobs: [...everywhere.jobs] as never });

    const { reply, before, after } = await drain(0);

    expect(reply.slice(0, 5)).toEqual([2, 2, 7, 0, 0]);
    expect(after).toEqual({
      ...{ ...before, ...gone, waiting: undefined, prioritized: undefined },
      meta: { ...(before.meta as object), seq: '7' },
    });
  });

  it('removes delayed ones too when asked', async () => {
    await lab.given({ jobs: [...everywhere.jobs] as never });

    const { reply, before, after } = await drain(1);

    expect(reply.slice(0, 5)).toEqual([3, 3, 7, 0, 0]);
    expect(after).toEqual({
      ...{ ...before, ...gone, 'body:3': undefined },
      meta: { ...(before.meta as object), seq: '7' },
      ...{ waiting: undefined, prioritized: undefined, delayed: undefined },
      events: [...gone.events, ['removed', '3', 'delayed']],
    });
  });

  it('removes 500 a call at most, whatever their state', async () => {
    await lab.given({
      jobs: Array.from({ length: 800 }, (_, i) =>
        i < 400 ? { id: `${i}` } : { id: `${i}`, state: 'prioritized', priority: 1 },
      ),
    });

    const { reply, after } = await drain(0);

    expect(reply.slice(0, 5)).toEqual([500, 500, 801, 0, 0]);
    expect(after.waiting).toBeUndefined();
    expect(after.prioritized).toHaveLength(300);
    expect(await lab.client.xlen(lab.keys.of('events'))).toBe(1);
    expect((await drain(0, reply)).reply.slice(0, 2)).toEqual([300, 300]);
  });

  it('writes nothing where there never was a job', async () => {
    const { reply, after } = await drain(0);

    expect(reply).toEqual([0, 0, 0, 0, 0, '-inf', '-inf', '1,0,0']);
    expect(after).toEqual({});
  });

  it('goes on behind the jobs that are newer than the draining', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: 'let run', fields: { since: 9 } },
        { id: '2' },
        { id: 'urgent', state: 'prioritized', priority: 1 },
        { id: '3', state: 'prioritized', priority: 2 },
        { id: 'later', state: 'delayed', fields: { state: 'delayed', since: 9 } },
        { id: '4', state: 'delayed' },
      ],
    });
    const scores = ((await lab.dump()).prioritized as [string, number][]).map(([, score]) => score);
    const order = (score: number) => (score % 2 ** 32) - 2 ** 31;
    // The second one of the plain list has been taken by a worker, so that two are left.
    const place = [0, 0, order(scores[1]!), 2, 0, '-inf', '-inf', '1,0,0'] as const;
    await lab.client.zadd(lab.keys.of('prioritized'), scores[0]! + 2 ** 20, 'urgent');

    const { reply, after } = await drain(1, [...place]);

    expect(after.waiting).toEqual(['2', 'let run']);
    expect((after.prioritized as [string, number][]).map(([id]) => id)).toEqual(['urgent']);
    expect((after.delayed as [string, number][]).map(([id]) => id)).toEqual(['later']);
    expect(reply.slice(0, 2)).toEqual([3, 6]);

    const second = await drain(1, reply);
    expect(second.reply.slice(0, 2)).toEqual([1, 1]);
    expect(second.after.waiting).toEqual(['let run']);
    const third = await drain(1, second.reply);
    expect(third.reply.slice(0, 2)).toEqual([0, 0]);
    expect(third.after).toEqual(third.before);
  });

  it('takes a parent that was let run before it began', async () => {
    await lab.given({
      jobs: [
        { id: '1', fields: { since: 1 } },
        { id: '2', state: 'prioritized', priority: 1 },
      ],
    });

    expect((await drain(0)).after.waiting).toBeUndefined();
  });

  it('ends where all that is left was let run meanwhile', async () => {
    await lab.given({
      jobs: [
        { id: '1', fields: { since: 9 } },
        { id: '2', fields: { since: 9 } },
      ],
    });

    const { reply, after } = await drain(0, [0, 0, 5, 100, 0, '-inf', '-inf', '1,0,0']);

    expect(reply.slice(0, 5)).toEqual([0, 2, 5, 0, 2]);
    expect(after.waiting).toEqual(['1', '2']);
  });

  it.each(['', 'nan', 'x', '5 ', '0x1'])('refuses %j as a score', async (score) => {
    await lab.given({ jobs: [{ id: '1' }] });
    const before = await lab.dump();

    await expect(drain(0, [0, 0, 0, 0, 0, score, '-inf', '1,0,0'])).rejects.toThrow('no score');
    await expect(drain(0, [0, 0, 0, 0, 0, '-inf', score, '1,0,0'])).rejects.toThrow('no score');
    expect(await lab.dump()).toEqual(before);
  });

  it.each(['', '1', '1,0', 'x,0,0', '-1,0,0'])('refuses %j as a place among groups', async (place) => {
    await expect(drain(0, [0, 0, 0, 0, 0, '-inf', '-inf', place])).rejects.toThrow('no place');
  });
});
