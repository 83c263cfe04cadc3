import { describe, expect, it } from '@jest/globals';
import { signalJob } from '../../lib/redis/scripts.generated.js';
import { ScriptLab, SEED_TIME as THEN, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = THEN + 1000;

const run = { token: 'w:1', attemptsStarted: 1 };
const awaits = { awaits: `${NOW + 9000}\task\tship\tapproved` };
const awaiting = { step: 'ask', 'step:ask': `1,1,a,1,${THEN},`, ...awaits, ...run };
const delayed = (fields: Record<string, string | number> = {}): SeedJob => ({
  ...{ id: '1', state: 'delayed', due: NOW + 9000 },
  fields: { state: 'delayed', delay: 9000, ...awaiting, ...fields },
});
const settled = { step: 'ship', 'step:ask': `1,1,c,1,${THEN},${NOW}`, 'value:ask': 's{"by":[]}' };

const signal = ({ id = '1', name = 'approved', key = '', seq = '1' } = {}) =>
  lab.run(signalJob, [NOW, 'a', seq, id, name, key, '{"by":[]}']);
const fieldsOf = (dump: object): Record<string, string> => (dump as Record<string, any>)['job:1'];

describe('signal-job', () => {
  it.each([
    ['', {}],
    ['k', { 'signal:approved': 'k\t' }],
  ])('ends the wait of a step, which goes on in front (key %p)', async (key, left) => {
    await lab.given({ jobs: [{ id: '2' }, delayed()] });

    const { reply, before, after } = await signal({ key });

    expect(reply).toBe('ok');
    const { awaits: _awaits, ...others } = fieldsOf(before);
    expect(after).toEqual({
      ...before,
      delayed: undefined,
      waiting: ['1', '2'],
      wake: [['1', 0]],
      'job:1': { ...others, ...settled, ...left, state: 'waiting', delay: '0' },
      events: [
        ['signalled', '1', 'approved'],
        ['step-completed', '1', 'ask', '1', ''],
        ['waiting', '1', 'delayed'],
      ],
      'writer:a': '1\nok',
    });
  });

  it('puts a job with a priority in front of its class, and wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true, jobs: [delayed({ priority: 3 })] });

    const { after } = await signal();

    expect(after.prioritized).toEqual([['1', 3 * 2 ** 32 + 2 ** 31 - 2 - 1]]);
    expect(after).not.toHaveProperty('wake');
  });

  it('settles the wait of a job that is due already where it is', async () => {
    const fields = { state: 'waiting', ...awaiting };
    await lab.given({ jobs: [{ id: '1', fields }] });

    const { after } = await signal();

    expect(after.waiting).toEqual(['1']);
    expect(fieldsOf(after)).toMatchObject({ ...settled, state: 'waiting' });
  });

  it.each([
    ['waits for another', delayed({ awaits: `${NOW + 9000}\task\tship\tpaid` })],
    [
      'is held by a worker, also one that has just been started for it',
      { id: '1', state: 'active', fields: awaiting },
    ],
    ['has never been started', { id: '1' }],
  ] as [string, SeedJob][])('keeps the signal for a job that %s', async (_what, job) => {
    await lab.given({ jobs: [job] });

    const { reply, before, after } = await signal({ key: 'k' });

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      'job:1': { ...fieldsOf(before), 'signal:approved': 'k\t{"by":[]}' },
      events: [['signalled', '1', 'approved']],
      'writer:a': '1\nok',
    });
  });

  it('lets a later signal take the place of one that nobody took', async () => {
    await lab.given({ jobs: [{ id: '1', fields: { 'signal:approved': 'j\t1' } }] });

    await signal({ key: 'k' });

    expect(fieldsOf(await lab.dump())).toEqual({ 'signal:approved': 'k\t{"by":[]}' });
  });

  it.each(['k\t1', 'k\t'])('knows a copy by its key, taken or not (%j)', async (kept) => {
    await lab.given({ jobs: [delayed({ 'signal:approved': kept })] });

    const { reply, before, after } = await signal({ key: 'k' });

    expect(reply).toBe('unchanged');
    expect(after).toEqual({ ...before, 'writer:a': '1\nunchanged' });
  });

  it.each([
    ['9', 'missing'],
    ['2', 'finished'],
    ['3', 'finished'],
  ])('does nothing for job %s: %s', async (id, word) => {
    await lab.given({
      jobs: [
        { id: '2', state: 'completed' },
        { id: '3', state: 'failed' },
      ],
    });

    const { reply, before, after } = await signal({ id });

    expect(reply).toBe(word);
    expect(after).toEqual({ ...before, 'writer:a': `1\n${word}` });
  });

  it('answers a repeated call without doing anything', async () => {
    await lab.given({ jobs: [delayed()] });
    await signal();

    const { reply, before, after } = await signal();

    expect(reply).toBe('ok');
    expect(after).toEqual(before);
  });

  it('refuses one more than a job may keep, and none that takes the place of another or is waited for', async () => {
    const kept = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`signal:s${n}`, '\t1']));
    await lab.given({ jobs: [delayed(kept)] });

    const { reply, before, after } = await signal({ name: 'incremented' });
    expect(reply).toBe('too-many');
    expect(after).toEqual({ ...before, 'writer:a': '1\ntoo-many' });

    expect((await signal({ name: 's7', seq: '2' })).reply).toBe('ok');
    expect((await signal({ seq: '3' })).reply).toBe('ok');
  });

  it('counts signals alone', async () => {
    const steps = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [
        [`step:s${n}`, `${n + 1},${n + 1},c,1,${THEN},${THEN}`],
        [`value:s${n}`, 'v1'],
      ]).flat(),
    );
    await lab.given({ jobs: [{ id: '1', fields: { state: 'waiting', step: 'next', ...run, ...steps } }] });

    expect((await signal()).reply).toBe('ok');
  });
});
