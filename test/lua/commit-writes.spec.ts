import { describe, expect, it } from '@jest/globals';
import type { JobWrite } from '../../lib/job/job-write.js';
import { runCommit } from '../support/commit-call.js';
import { bodyText, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const active = { id: '1', state: 'active' as const };

describe('commit: data', () => {
  it('replaces the data and nothing else', async () => {
    await lab.given({ jobs: [{ ...active, name: 'mail', opts: '{"attempts":3}', data: '{"a":1}' }] });

    const { words, before, after } = await runCommit(lab, [
      ['data', '1', 'w:1', '{"b":[],"n":12345678901234567890}'],
    ]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      'body:1': bodyText({ name: 'mail', opts: '{"attempts":3}', data: '{"b":[],"n":12345678901234567890}' }),
      'writer:a': '1\nok\n',
    });
  });
});

describe('commit: progress', () => {
  it('stores and tells it', async () => {
    await lab.given({ jobs: [active] });

    const { words, before, after } = await runCommit(lab, [['progress', '1', 'w:1', '{"done":[]}']]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      'job:1': { ...(before['job:1'] as object), progress: '{"done":[]}' },
      events: [['progress', '1', '{"done":[]}']],
      'writer:a': '1\nok\n',
    });
  });

  it('gives a hash to a job that was never started', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    expect((await runCommit(lab, [['progress', '1', '', '5']])).after['job:1']).toEqual({ progress: '5' });
  });
});

describe('commit: log', () => {
  it('adds lines and answers how many there are', async () => {
    await lab.given({ jobs: [{ ...active, logs: ['a'] }] });

    const { words, before, after } = await runCommit(lab, [
      ['log', '1', 'w:1', 'b c', ''],
      ['log', '1', 'w:1', 'd\ne', ''],
    ]);

    expect(words).toEqual(['2', '3']);
    expect(after).toEqual({ ...before, 'logs:1': ['a', 'b c', 'd\ne'], 'writer:a': '1\n2\t3\n' });
  });

  it('keeps the newest lines', async () => {
    await lab.given({ jobs: [{ ...active, logs: ['a', 'b'] }] });

    const { words, after } = await runCommit(lab, [['log', '1', 'w:1', 'c', '2']]);

    expect(words).toEqual(['2']);
    expect(after['logs:1']).toEqual(['b', 'c']);
  });

  it('keeps no line where none shall be kept', async () => {
    await lab.given({ jobs: [{ ...active, logs: ['a'] }] });

    const { words, after } = await runCommit(lab, [['log', '1', 'w:1', 'c', '0']]);

    expect(words).toEqual(['0']);
    expect(after['logs:1']).toBeUndefined();
  });
});

describe('commit: clear-logs', () => {
  it.each([
    ['2', ['b', 'c']],
    ['5', ['a', 'b', 'c']],
    ['0', undefined],
  ])('keeps the newest %s lines', async (keep, logs) => {
    await lab.given({ jobs: [{ ...active, logs: ['a', 'b', 'c'] }] });

    const { words, before, after } = await runCommit(lab, [['clear-logs', '1', 'w:1', keep]]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({ ...before, 'logs:1': logs, 'writer:a': '1\nok\n' });
  });
});

describe('commit: who may write', () => {
  const writes: [string, (id: string, token: string) => JobWrite, string][] = [
    ['data', (id, token) => ['data', id, token, '1'], 'ok'],
    ['progress', (id, token) => ['progress', id, token, '1'], 'ok'],
    ['log', (id, token) => ['log', id, token, 'x', ''], '1'],
    ['clear-logs', (id, token) => ['clear-logs', id, token, '0'], 'ok'],
  ];

  it.each(writes)('refuses %s once a later lock was granted', async (_, write) => {
    await lab.given({ jobs: [{ ...active, fields: { token: 'w:2', attemptsStarted: 2 } }, { id: '2' }] });

    const { words, before, after } = await runCommit(lab, [
      write('1', 'w:1'),
      write('1', 'v:2'),
      write('2', 'w:1'),
      write('9', 'w:1'),
      write('9', ''),
    ]);

    expect(words).toEqual(['stale', 'stale', 'stale', 'missing', 'missing']);
    expect(after).toEqual({ ...before, 'writer:a': `1\n${words.join('\t')}\n` });
  });

  it.each(writes)(
    'takes %s of the last run after the job has left its worker, and from outside',
    async (_, write, word) => {
      await lab.given({
        jobs: [
          { id: '1', state: 'delayed', fields: { state: 'delayed', token: 'w:1', attemptsStarted: 1 } },
          { id: '2', state: 'completed' },
          { id: '3' },
        ],
      });

      const { words } = await runCommit(lab, [write('1', 'w:1'), write('2', 'w:1'), write('3', '')]);

      expect(words).toEqual([word, word, word]);
    },
  );
});
