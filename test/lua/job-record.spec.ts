import { describe, expect, it } from '@jest/globals';
import { COMMIT_TIME as NOW, runCommit } from '../support/commit-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const held = (id: string) => ({ id, state: 'active' }) as const;

/** A job's record as Redis holds it: its text, or that it is a hash. */
async function stored(id: string): Promise<string> {
  const key = lab.keys.derived('job', id);
  const type = await lab.client.type(key);
  return type === 'string' ? ((await lab.client.get(key)) ?? '') : type;
}

describe('the record of a job', () => {
  it('is a text from the first start to the end of a plain run', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    await runCommit(lab, [], { want: 1, name: 'box' });
    expect(await stored('1')).toBe(`active\tw:1\t1\t\t${NOW}\tbox\t\t\t\t\t\t\t`);

    await runCommit(lab, [['complete', '1', 'w:1', '"a\\tb"', '']], { seq: '2' });
    expect(await stored('1')).toBe(`completed\tw:1\t1\t1\t${NOW}\tbox\t${NOW}\t\t\t\t\t\t"a\\tb"`);
  });

  it.each(['a\tb', 'a\nb', '\n'])('is a hash under a worker named %j, and keeps that name', async (name) => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2' }, { id: '3' }] });

    await runCommit(lab, [], { want: 1, name });
    await runCommit(lab, [], { want: 2, name, seq: '2' });
    expect(await stored('1')).toBe('hash');
    expect(await stored('3')).toBe('hash');
    const { words, after } = await runCommit(lab, [['complete', '1', 'w:1', '7', '']], { seq: '3' });
    expect(words).toEqual(['ok']);
    expect(after['job:1']).toMatchObject({ state: 'completed', processedBy: name, result: '7' });
    expect(after['job:1']).not.toHaveProperty('step');
  });

  it('keeps what a job asks for', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'prioritized', priority: 3 }] });
    expect(await stored('1')).toBe('prioritized\t\t\t\t\t\t\t3\t\t\t\t\t');

    await runCommit(lab, [], { want: 1 });
    expect(await stored('1')).toBe(`active\tw:1\t1\t\t${NOW}\t\t\t3\t\t\t\t\t`);
  });

  it('keeps the parent of a child, which learns of its end', async () => {
    const parent = `f${lab.keys.base}\tp`;
    await lab.given({
      jobs: [
        { id: 'p', state: 'waiting-children', children: { [`${lab.keys.base}\t1`]: 'p' } },
        { id: '1', fields: { state: 'waiting', parent } },
      ],
    });
    await lab.client.hset(lab.keys.of('meta'), 'base', lab.keys.base);

    await runCommit(lab, [], { want: 1 });
    expect(await stored('1')).toBe(`active\tw:1\t1\t\t${NOW}\t\t\t\t\t\t${parent}\t`);

    const { after } = await runCommit(lab, [['complete', '1', 'w:1', '7', '']], { seq: '2' });
    expect(after['job:1']).toMatchObject({ parent, result: '7', state: 'completed' });
    expect(after['children:p']).toEqual({ [`${lab.keys.base}\t1`]: 'c7' });
    expect(after['job:p']).toMatchObject({ state: 'waiting', pending: '0' });
  });

  it('takes a result with a tab in it, as what follows the last one', async () => {
    await lab.given({ jobs: [held('1')] });

    const { after } = await runCommit(lab, [['complete', '1', 'w:1', 'a\tb', '']]);

    expect(after['job:1']).toMatchObject({ result: 'a\tb', state: 'completed' });
  });

  it('stays a text while steps are done one after the other', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    const run = async (seq: string, now: number, ...entries: Parameters<typeof runCommit>[1]) =>
      runCommit(lab, entries, { seq, now, want: 1 });

    await run('1', NOW);
    await run('2', NOW + 1, ['begin-step', '1', 'w:1', 'pay', '1,1,r,1', '', '']);
    const record = `active\tw:1\t1\t\t${NOW}\t\t\t\t\t\t\t\t`;
    expect(await stored('1')).toBe(`${record}\npay\t${NOW + 1}`);

    const { words, after } = await run('3', NOW + 2, ['pass-step', '1', 'w:1', 'pay', '"a\\tb"', 'ship']);
    expect(words).toEqual(['ok']);
    expect(await stored('1')).toBe(`${record}\npay\t${NOW + 1},${NOW + 2}\t"a\\tb"\nship\t${NOW + 2}`);
    expect(after['job:1']).toMatchObject({
      ...{ step: 'ship', 'step:pay': `1,1,c,1,${NOW + 1},${NOW + 2}`, 'value:pay': 'v"a\\tb"' },
      'step:ship': `2,2,r,1,${NOW + 2},`,
    });

    await run('4', NOW + 3, ['last-step', '1', 'w:1', 'ship', '7', '']);
    expect(await stored('1')).toBe(
      `completed\tw:1\t1\t1\t${NOW}\t\t${NOW + 3}\t\t\t\t\t\t7\npay\t${NOW + 1},${NOW + 2}\t"a\\tb"\nship\t${NOW + 2},${NOW + 3}`,
    );
  });

  it.each<[string, ...Parameters<typeof runCommit>[1]]>([
    ['is done again', ['pass-step', '1', 'w:1', 'b', '2', 'a']],
    ['goes on with itself', ['pass-step', '1', 'w:1', 'b', '2', 'b']],
    ['is another one', ['begin-step', '1', 'w:1', 'c', '2,2,r,1', 'b', '']],
    ['emits', ['emit', '1', 'w:1', 'b', '5']],
    ['comes to a lot', ['pass-step', '1', 'w:1', 'b', `"${'x'.repeat(8192)}"`, 'c']],
    ['ends otherwise', ['step', '1', 'w:1', 'b', '2,2,c,1', '2', 'c', '', ['postpone', '0']]],
  ])('becomes a hash where a step %s', async (_, entry) => {
    await lab.given({ jobs: [held('1')] });
    await runCommit(lab, [
      ['begin-step', '1', 'w:1', 'a', '1,1,r,1', '', ''],
      ['pass-step', '1', 'w:1', 'a', '1', 'b'],
    ]);
    expect(await stored('1')).not.toBe('hash');

    const { words, after } = await runCommit(lab, [entry], { seq: '2' });

    expect(words).toEqual(['ok']);
    expect(await stored('1')).toBe('hash');
    expect(after['job:1']).toMatchObject({ 'value:a': 'v1', 'step:a': expect.stringMatching(/^1,/) });
  });

  it('says that a step has begun where that could not be written before', async () => {
    await lab.given({ jobs: [held('1'), held('2')] });

    const { after } = await runCommit(lab, [
      ['pass-step', '1', 'w:1', 'a', '1', 'b'],
      ['last-step', '2', 'w:1', 'a', '1', ''],
    ]);

    expect(after['job:1']).toMatchObject({ step: 'b', 'step:a': `1,1,c,1,${NOW},${NOW}` });
    expect(after['job:2']).toMatchObject({ step: 'end:a', 'step:a': `1,1,c,1,${NOW},${NOW}` });
    expect(after.events).toEqual([
      ['step-started', '1', 'a', '1'],
      ['step-passed', '1', 'a', '1', '1', 'b', '1'],
      ['step-started', '2', 'a', '1'],
      ['steps-completed', '2', 'a', '1', '1'],
    ]);
  });

  it.each([
    ['progress', ['progress', '1', 'w:1', '5']],
    ['a failure', ['fail', '1', 'w:1', '"no"', '[]', '', '']],
    ['a retry', ['retry', '1', 'w:1', '"no"', '[]', '0', '']],
    ['a second try of a step', ['begin-step', '1', 'w:1', 'a', '1,1,r,2', '', '']],
  ] as const)('becomes a hash with %s, and loses nothing', async (_, entry) => {
    await lab.given({ jobs: [held('1')] });

    const { words, before, after } = await runCommit(lab, [[...entry]]);

    expect(words).toEqual(['ok']);
    expect(await stored('1')).toBe('hash');
    const { token, attemptsStarted } = before['job:1'] as Record<string, string>;
    expect(after['job:1']).toMatchObject({ token, attemptsStarted });
  });

  it.each([
    ['progress', ['progress', '1', 'w:9', '5']],
    ['a failure', ['fail', '1', 'w:9', '"no"', '[]', '', '']],
    ['a completion', ['complete', '1', 'w:9', '1', '']],
    ['a step', ['begin-step', '1', 'w:9', 'a', '1,1,r,1', '', '']],
    ['the end of a step', ['pass-step', '1', 'w:9', 'a', '1', 'b']],
    ['the end of the last step', ['last-step', '1', 'w:9', 'a', '1', '']],
    ['data', ['data', '1', 'w:9', '5']],
  ] as const)('stays as it is where %s is refused', async (_, entry) => {
    await lab.given({ jobs: [held('1')] });
    const before = await stored('1');

    expect((await runCommit(lab, [[...entry]])).words).toEqual(['stale']);
    expect(await stored('1')).toBe(before);
  });

  it('is a hash where what it has to hold has a tab', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    await runCommit(lab, [], { want: 1, name: 'a\tb' });

    expect(await stored('1')).toBe('hash');
    expect(await lab.dump()).toMatchObject({ 'job:1': { processedBy: 'a\tb', state: 'active' } });
  });

  it('is read for a batch, whatever its form', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: '2', fields: { state: 'waiting', attemptsStarted: 1, token: 'w:1', progress: '3' } },
        { id: '3', fields: { state: 'waiting', attemptsStarted: 2, token: 'w:2' } },
      ],
    });

    const { jobs } = await runCommit(lab, [], { want: 3 });

    expect(jobs.map(({ id, token, fields }) => [id, token, fields.includes('progress')])).toEqual([
      ['1', 'w:1', false],
      ['2', 'w:2', true],
      ['3', 'w:3', false],
    ]);
    expect(await stored('2')).toBe('hash');
    expect(await stored('3')).toBe(`active\tw:3\t3\t\t${NOW}\t\t\t\t\t\t\t\t`);
  });

  it('ends once where a call names the job twice', async () => {
    await lab.given({ jobs: [held('1'), held('2')] });

    const { words, after } = await runCommit(lab, [
      ['complete', '1', 'w:1', '1', ''],
      ['complete', '2', 'w:1', '2', ''],
      ['complete', '1', 'w:1', '3', ''],
    ]);

    expect(words).toEqual(['ok', 'ok', 'not-active']);
    expect(after['job:1']).toMatchObject({ result: '1', attemptsMade: '1' });
    expect(after.completed).toHaveLength(2);
  });

  it('of a completed job is there for what follows in the call', async () => {
    await lab.given({ jobs: [held('1'), held('2')] });

    const { words, after } = await runCommit(lab, [
      ['complete', '1', 'w:1', '1', ''],
      ['progress', '1', 'w:1', '9'],
      ['complete', '2', 'w:1', '2', ''],
    ]);

    expect(words).toEqual(['ok', 'ok', 'ok']);
    expect(after['job:1']).toMatchObject({ state: 'completed', result: '1', progress: '9' });
  });

  it('that is none of ours fails its job alone', async () => {
    await lab.given({ jobs: [held('1'), held('2'), held('3')] });
    await lab.client.set(lab.keys.derived('job', '2'), 'what?');

    const { words, after } = await runCommit(lab, [
      ['complete', '1', 'w:1', '1', ''],
      ['complete', '2', 'w:1', '2', ''],
      ['complete', '3', 'w:1', '3', ''],
    ]);

    expect(words).toEqual(['ok', 'unreadable', 'ok']);
    expect(after['job:2']).toMatchObject({ state: 'failed' });
    expect(after['job:3']).toMatchObject({ state: 'completed', result: '3' });
    lab.willFind(...(await lab.audit()));
  });

  it('goes with its job where nothing is kept', async () => {
    await lab.given({ jobs: [held('1'), { ...held('2'), logs: ['a'] }] });

    const { after } = await runCommit(lab, [
      ['complete', '1', 'w:1', '1', '0,,'],
      ['complete', '2', 'w:1', '2', '0,,'],
    ]);

    expect(Object.keys(after).filter((name) => /^(?:job|body|logs):/.test(name))).toEqual([]);
  });
});
