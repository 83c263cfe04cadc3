import { describe, expect, it } from '@jest/globals';
import { encodeAddJobs } from '../../lib/job/wire.generated.js';
import { addJobs } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { runCommit } from '../support/commit-call.js';
import { ADD_PATHS, addDedup, dedupBody, dedupEntry, dedupJob } from '../support/dedup-call.js';
import { bringOwner, OWNER_DELAY_MS } from '../support/dedup-owner.js';
import { ScriptLab, SEED_TIME } from '../support/script-lab.js';

const lab = ScriptLab.open();

const NOW = SEED_TIME + 1000;
const TTL = 60_000;
const DUE = String(NOW + 500);

const waiting = (dedup = 'd') => ({ state: 'waiting', dedup });
const delayed = { state: 'delayed', dedup: 'd' };

describe.each(ADD_PATHS)('jobs of one %s call', (path) => {
  const remembered = (words: string[]): string =>
    path === 'commit' ? `1\n${words.join('\t')}\n@${NOW}` : ['1', NOW, ...words].join('\n');
  const wake = path === 'commit' ? {} : { wake: [['1', 0]] };

  it('see those before them', async () => {
    const jobs = [{ data: '1' }, { data: '2' }, { dedup: 'e' }, { id: 'mine', data: '4' }];

    const { words, after } = await addDedup(lab, jobs, { now: NOW, path });

    expect(words).toEqual(['+1', '~1', '+3', '~1']);
    expect(after).toEqual({
      meta: { id: '3' },
      waiting: ['1', '3'],
      'body:1': `${NOW}\n${dedupBody(jobs[0]!)}`,
      'body:3': `${NOW}\n${dedupBody(jobs[2]!)}`,
      'job:1': waiting(),
      'job:3': waiting('e'),
      'dedup:d': { owner: '1' },
      'dedup:e': { owner: '3' },
      wake: [['1', 0]],
      events: [
        ['added', '1', 'work'],
        ['deduplicated', '1', 'd', '2'],
        ['added', '3', 'work'],
        ['deduplicated', '1', 'd', 'mine'],
      ],
      'writer:a': remembered(words),
    });
  });

  it('replace those before them', async () => {
    const rule = { ttl: TTL, extend: true, replace: true, delay: 500 };
    const jobs = ['1', '2', '3'].map((data) => ({ ...rule, data }));

    const { words, after } = await addDedup(lab, jobs, { now: NOW, path });

    expect(words).toEqual(['+1', '+2', '+3']);
    expect(after).toEqual({
      meta: { id: '3', seq: '1' },
      delayed: [['3', NOW + 500 + 1 / 4096]],
      'body:3': `${NOW}\n${dedupBody(jobs[2]!)}`,
      'job:3': delayed,
      'dedup:d': { owner: '3', until: String(NOW + TTL) },
      ...wake,
      events: [
        ['added', '1', 'work', DUE],
        ['removed', '1', 'delayed'],
        ['deduplicated', '2', 'd', '1'],
        ['added', '2', 'work', DUE],
        ['removed', '2', 'delayed'],
        ['deduplicated', '3', 'd', '2'],
        ['added', '3', 'work', DUE],
      ],
      'writer:a': remembered(words),
    });
  });

  it('are kept for after those before them, the last one only', async () => {
    const jobs = ['1', '2', '3'].map((data) => ({ keepLastIfActive: true, data, priority: 7 }));

    const { words, after } = await addDedup(lab, jobs, { now: NOW, path });

    expect(words).toEqual(['+1', '~1', '~1']);
    expect(after).toMatchObject({
      'dedup:d': {
        owner: '1',
        nextId: '3',
        nextSpec: dedupJob(jobs[2]!).spec,
        nextBody: dedupBody(jobs[2]!),
      },
      events: [
        ['added', '1', 'work'],
        ['deduplicated', '1', 'd', '2'],
        ['deduplicated', '1', 'd', '3'],
      ],
    });
    expect(Object.keys(after)).not.toContain('body:3');
  });

  it('may have an id that one before them had, which was replaced', async () => {
    const rule = { replace: true, delay: 500 };
    const jobs = [
      { ...rule, id: 'x' },
      { ...rule, id: 'y' },
      { id: 'x', dedup: 'e' },
    ];

    const { words, after } = await addDedup(lab, jobs, { now: NOW, path });

    expect(words).toEqual(['+x', '+y', '+x']);
    expect(after).toMatchObject({
      waiting: ['x'],
      delayed: [['y', NOW + 500 + 1 / 4096]],
      'body:x': `${NOW}\n${dedupBody(jobs[2]!)}`,
      'job:x': waiting('e'),
      'dedup:d': { owner: 'y' },
      'dedup:e': { owner: 'x' },
    });
  });

  it('with an id in use answer that job, and their deduplication is not looked at', async () => {
    await runAdd(lab, [{ id: 'x' }], { writer: 'setup' });

    const { words, before, after } = await addDedup(lab, [{ id: 'x' }, {}, { id: 'x' }], { now: NOW, path });

    expect(words).toEqual(['=x', '+1', '=x']);
    expect(after).toEqual({
      ...before,
      meta: { id: '1' },
      waiting: ['x', '1'],
      'body:1': `${NOW}\n${dedupBody({})}`,
      'job:1': waiting(),
      'dedup:d': { owner: '1' },
      events: [
        ['added', 'x', 'work'],
        ['duplicated', 'x'],
        ['added', '1', 'work'],
        ['duplicated', 'x'],
      ],
      'writer:a': remembered(words),
    });
  });
});

describe('plain and deduplicated jobs of one call', () => {
  it('with one id: the first is added', async () => {
    const named = dedupJob({ id: 'y' });
    const { reply, after } = await runAdd(lab, [{ id: 'x' }, dedupJob({ id: 'x' }), named, { id: 'y' }]);

    expect(String(reply).split('\n').slice(1)).toEqual(['+x', '=x', '+y', '=y']);
    expect(after).toMatchObject({ waiting: ['x', 'y'], 'dedup:d': { owner: 'y' } });
  });

  it('are added as a whole, however their events alternate', async () => {
    const pairs = 2500;
    const body = dedupBody({});
    const jobs = Array.from({ length: pairs }, () => [
      ['', '', body] as const,
      ['', '0,,,,,,d', body] as const,
    ]);

    const reply = await lab.run(addJobs, [NOW, 'a', '1', 1], encodeAddJobs(jobs.flat()));

    expect(String(reply.reply).split('\n')).toHaveLength(1 + 2 * pairs);
    expect(reply.after.events).toHaveLength(2 * pairs);
    expect(reply.after.waiting).toHaveLength(pairs + 1);
  });
});

describe('a commit that ends the run of the owner', () => {
  it('and then adds: the job is added', async () => {
    await bringOwner(lab, 'active', {});

    const { words, after } = await runCommit(lab, [['complete', '1', 'w:1', '1', ''], dedupEntry({})], {
      now: NOW,
    });

    expect(words).toEqual(['ok', '+2']);
    expect(after).toMatchObject({ waiting: ['2'], completed: [['1', 1]], 'dedup:d': { owner: '2' } });
  });

  it('after it has added: the job is dropped, and nothing is left behind', async () => {
    await bringOwner(lab, 'active', {});

    const { words, after } = await runCommit(lab, [dedupEntry({}), ['complete', '1', 'w:1', '1', '0,,']], {
      now: NOW,
    });

    expect(words).toEqual(['~1', 'ok']);
    expect(Object.keys(after).sort()).toEqual(['events', 'meta', 'wake', 'writer:a', 'writer:setup']);
  });

  it('after it has added: what was kept starts in the same call', async () => {
    const rule = { keepLastIfActive: true };
    await bringOwner(lab, 'active', rule);

    const { words, jobs, after } = await runCommit(
      lab,
      [dedupEntry({ ...rule, data: '2' }), ['complete', '1', 'w:1', '1', '']],
      { now: NOW, want: 5 },
    );

    expect(words).toEqual(['~1', 'ok']);
    expect(jobs).toEqual([
      {
        id: '2',
        body: `${NOW}\n${dedupBody({ ...rule, data: '2' })}`,
        token: 'w:1',
        fields: ['state', 'waiting', 'dedup', 'd'],
      },
    ]);
    expect(after['dedup:d']).toEqual({ owner: '2' });
  });

  it('with a delay: a job that has been started is not replaced', async () => {
    const rule = { replace: true };
    await bringOwner(lab, 'active', rule);

    const { words, after } = await runCommit(
      lab,
      [['postpone', '1', 'w:1', '500'], dedupEntry({ ...rule, delay: 500 })],
      {
        now: NOW,
      },
    );

    expect(words).toEqual(['ok', '~1']);
    expect(after).toMatchObject({
      delayed: [['1', NOW + 500 + 1 / 4096]],
      'dedup:d': { owner: '1' },
    });
    expect((after.events as string[][]).at(-1)).toEqual(['deduplicated', '1', 'd', '2']);
  });

  it('and then adds: the delayed job that was kept is replaced at once', async () => {
    const rule = { replace: true, keepLastIfActive: true };
    await bringOwner(lab, 'active', rule);
    await addDedup(lab, [{ ...rule, delay: 500, data: '"kept"' }], { now: NOW, writer: 'b' });

    const { words, before, after } = await runCommit(
      lab,
      [['complete', '1', 'w:1', '1', ''], dedupEntry({ ...rule, delay: 700 })],
      { now: NOW },
    );

    expect(words).toEqual(['ok', '+3']);
    expect(after).toMatchObject({
      delayed: [['3', NOW + 700 + 2 / 4096]],
      'dedup:d': { owner: '3' },
      events: [
        ...(before.events as string[][]),
        ['added', '2', 'work', DUE],
        ['completed', '1', '1'],
        ['removed', '2', 'delayed'],
        ['deduplicated', '3', 'd', '2'],
        ['added', '3', 'work', String(NOW + 700)],
      ],
    });
    expect(Object.keys(after)).not.toContain('body:2');
  });
});

describe('a commit that finds the owner due', () => {
  it('has it wait first: it is no longer replaced', async () => {
    const rule = { replace: true };
    await bringOwner(lab, 'delayed', rule);

    const { words, after } = await runCommit(lab, [dedupEntry(rule)], { now: SEED_TIME + OWNER_DELAY_MS });

    expect(words).toEqual(['~1']);
    expect(after).toMatchObject({ waiting: ['1'], 'job:1': waiting(), 'dedup:d': { owner: '1' } });
  });
});

describe('a commit that replaces the only delayed job', () => {
  const rule = { replace: true };

  it('by one that waits: no job is due', async () => {
    await bringOwner(lab, 'delayed', rule);

    const { words, dueInMs, after } = await runCommit(lab, [dedupEntry(rule)], { now: NOW });

    expect({ words, dueInMs }).toEqual({ words: ['+2'], dueInMs: -1 });
    expect(after).not.toHaveProperty('delayed');
  });

  it('by one that is due later: tells of that one', async () => {
    await bringOwner(lab, 'delayed', rule);

    const { dueInMs } = await runCommit(lab, [dedupEntry({ ...rule, delay: 2 * OWNER_DELAY_MS })], {
      now: NOW,
    });

    expect(dueInMs).toBe(2 * OWNER_DELAY_MS);
  });
});
