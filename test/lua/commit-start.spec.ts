import { describe, expect, it } from '@jest/globals';
import { COMMIT_TIME as NOW, LOCK_MS, runCommit } from '../support/commit-call.js';
import { bodyText, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const started = { state: 'active', token: 'w:1', attemptsStarted: '1', processedOn: String(NOW) };

describe('commit: starting jobs', () => {
  it('starts the first of the list under a lock', async () => {
    await lab.given({ jobs: [{ id: '1', data: '{"a":[]}' }, { id: '2' }, { id: '3' }] });

    const { jobs, time, before, after } = await runCommit(lab, [], { want: 2 });

    expect(time).toBe(String(NOW));
    expect(jobs).toEqual([
      { id: '1', body: bodyText({ data: '{"a":[]}' }), token: 'w:1', fields: [] },
      { id: '2', body: bodyText({}), token: 'w:1', fields: [] },
    ]);
    expect(after).toEqual({
      ...before,
      waiting: ['3'],
      active: [
        ['1', NOW + LOCK_MS],
        ['2', NOW + LOCK_MS],
      ],
      'job:1': started,
      'job:2': started,
      events: [
        ['active', '1'],
        ['active', '2'],
      ],
      'writer:a': '1\n\n1\tw:1\n2\tw:1\n',
    });
  });

  it('takes the plain list before the classes, and low numbers first', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'prioritized', priority: 9 },
        { id: '2', state: 'prioritized', priority: 1 },
        { id: '3' },
      ],
    });

    const { jobs, after } = await runCommit(lab, [], { want: 3 });

    expect(jobs.map(({ id }) => id)).toEqual(['3', '2', '1']);
    expect(jobs[1]?.fields).toEqual(['state', 'prioritized', 'priority', '1']);
    expect(after['job:2']).toEqual({ ...started, priority: '1' });
    expect(after.prioritized).toBeUndefined();
  });

  it('counts on from the last grant, and tells the fields from before this one', async () => {
    const fields = { state: 'waiting', token: 'old:3', attemptsStarted: 3, attemptsMade: 2, stalls: 1 };
    await lab.given({ jobs: [{ id: '1', fields }] });

    const { jobs, after } = await runCommit(lab, [], { want: 1, name: 'me' });

    expect(jobs).toEqual([
      {
        id: '1',
        body: bodyText({}),
        token: 'w:4',
        fields: [
          'state',
          'waiting',
          'token',
          'old:3',
          'attemptsStarted',
          '3',
          'attemptsMade',
          '2',
          'stalls',
          '1',
        ],
      },
    ]);
    expect(after['job:1']).toEqual({
      ...{ state: 'active', token: 'w:4', attemptsStarted: '4', attemptsMade: '2', stalls: '1' },
      ...{ processedOn: String(NOW), processedBy: 'me' },
    });
  });

  it('starts nothing when nothing is wanted or waits', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    const { reply, before, after } = await runCommit(lab, []);

    expect(reply).toEqual(['', -1, 0, String(NOW), -1, []]);
    expect(after).toEqual({ ...before, 'writer:a': '1\n\n' });
    expect((await runCommit(lab, [], { want: 5, seq: '2' })).jobs).toHaveLength(1);
    expect((await runCommit(lab, [], { want: 5, seq: '3' })).jobs).toEqual([]);
  });

  it('starts nothing while the queue is paused, but moves jobs that are due', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1' }, { id: '2', state: 'delayed', due: NOW }] });

    const { jobs, before, after } = await runCommit(lab, [], { want: 5, relay: 1 });

    expect(jobs).toEqual([]);
    expect(after).toEqual({
      ...before,
      waiting: ['1', '2'],
      delayed: undefined,
      events: [['waiting', '2', 'delayed']],
      'writer:a': '1\n\n',
    });
  });

  it('starts 1000 jobs a call at most', async () => {
    await lab.given({ jobs: Array.from({ length: 1001 }, (_, i) => ({ id: `${i + 1}` })) });

    const { jobs, after } = await runCommit(lab, [], { want: 5000 });

    expect(jobs).toHaveLength(1000);
    expect(after.waiting).toEqual(['1001']);
  });

  it('drops an id without a body', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2' }] });
    await lab.client.del(`${lab.keys.base}body:1`);

    const { jobs, after } = await runCommit(lab, [], { want: 2 });

    expect(jobs.map(({ id }) => id)).toEqual(['2']);
    expect(after).toMatchObject({ active: [['2', NOW + LOCK_MS]] });
    expect(after.waiting).toBeUndefined();
  });
});

describe('commit: delayed jobs', () => {
  it('puts those that are due behind the ones that wait, the first due first', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: '2', state: 'delayed', due: NOW },
        {
          id: '3',
          state: 'delayed',
          due: NOW - 1,
          fields: { state: 'delayed', token: 'w:1', attemptsStarted: 1 },
        },
        { id: '4', state: 'delayed', due: NOW - 5, priority: 2 },
        { id: '5', state: 'delayed', due: NOW + 700 },
      ],
    });

    const { dueInMs, before, after } = await runCommit(lab, []);

    expect(dueInMs).toBe(700);
    expect(after).toEqual({
      ...before,
      meta: { id: '5', seq: '6' },
      waiting: ['1', '3', '2'],
      prioritized: [['4', 2 * 2 ** 32 + 2 ** 31 + 6]],
      delayed: [['5', NOW + 700 + 5 / 4096]],
      'job:3': { state: 'waiting', token: 'w:1', attemptsStarted: '1' },
      'job:4': { state: 'prioritized', priority: '2' },
      wake: [['1', 0]],
      events: [
        ['waiting', '4', 'delayed'],
        ['waiting', '3', 'delayed'],
        ['waiting', '2', 'delayed'],
      ],
      'writer:a': '1\n\n',
    });
  });

  it('starts them in the same call', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'delayed', due: NOW }] });

    const { jobs, dueInMs, after } = await runCommit(lab, [], { want: 1 });

    expect(jobs.map(({ id }) => id)).toEqual(['1']);
    expect(dueInMs).toBe(-1);
    expect(after.events).toEqual([
      ['waiting', '1', 'delayed'],
      ['active', '1'],
    ]);
  });

  it('moves none a millisecond early, and says when the next one is due', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'delayed', due: NOW + 1 }] });

    const { jobs, dueInMs } = await runCommit(lab, [], { want: 1 });

    expect(jobs).toEqual([]);
    expect(dueInMs).toBe(1);
  });

  it('moves 1000 a call at most', async () => {
    await lab.given({
      jobs: Array.from({ length: 1001 }, (_, i) => ({ id: `${i}`, state: 'delayed', due: NOW - 1 })),
    });

    const { dueInMs, after } = await runCommit(lab, []);

    expect(after.waiting).toHaveLength(1000);
    expect(dueInMs).toBe(0);
  });
});

describe('commit: waking others', () => {
  it('hands the marker on when work is left', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2' }] });

    expect((await runCommit(lab, [], { want: 1, relay: 1 })).after.wake).toEqual([['1', 0]]);
  });

  it('keeps the marker when it took all that there was', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    expect((await runCommit(lab, [], { want: 1, relay: 1 })).after.wake).toBeUndefined();
  });

  it('wakes somebody for due jobs that it leaves', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'delayed', due: NOW },
        { id: '2', state: 'delayed', due: NOW },
      ],
    });

    expect((await runCommit(lab, [], { want: 1 })).after.wake).toEqual([['1', 0]]);
  });
});
