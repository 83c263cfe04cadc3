import { describe, expect, it } from '@jest/globals';
import { cancelJob, retryJob } from '../../lib/redis/scripts.generated.js';
import { runCommit } from '../support/commit-call.js';
import { ScriptLab, SEED_TIME as THEN, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = THEN + 1000;

const cancel = ({ id = '1', keep = '', undo = 1, seq = '1', now = NOW } = {}) =>
  lab.run(cancelJob, [now, 'c', seq, id, '"enough"', keep, undo]);
const failed = {
  state: 'failed',
  failedReason: '"enough"',
  stack: '[]',
  finishedOn: String(NOW),
  attemptsMade: '0',
  cancelled: 'u"enough"',
};
const ends = [
  ['failed', '1', '"enough"'],
  ['cancelled', '1', '"enough"'],
];
const withSteps = {
  step: 'pay',
  'step:reserve': `1,1,c,1,${THEN},${THEN}`,
  'value:reserve': 'v1',
  'step:pay': `2,2,w,1,${THEN},\t"no"`,
};

describe('cancel-job', () => {
  it.each([
    ['waiting', {}],
    ['prioritized', { priority: 3 }],
    ['delayed', { due: NOW + 9000 }],
  ] as [SeedJob['state'], object][])('fails a %s job at once', async (state, more) => {
    await lab.given({ jobs: [{ id: '1', state: state!, ...more }] });

    const { reply, before, after } = await cancel();

    expect(reply).toBe('cancelled');
    const { meta: _meta, ...rest } = after;
    expect(rest).toEqual({
      'body:1': before['body:1'],
      'job:1': { ...(before['job:1'] as object), ...failed },
      failed: [['1', expect.any(Number)]],
      events: ends,
      'writer:c': '1\ncancelled',
    });
  });

  it('fails one that waits for children, and its parent learns of it', async () => {
    await lab.given({
      jobs: [{ id: '1', state: 'waiting-children', fields: { parent: 'fother:{queue}:\tabove' } }],
    });

    const { reply, after } = await cancel();

    expect(reply).toBe('posted');
    expect(after['job:1']).toMatchObject({ state: 'failed', failedReason: '"enough"' });
    expect(Object.keys(after)).toContain('posted:other:{queue}:');
  });

  it('keeps nothing of a job that is not to be kept', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    const { after } = await cancel({ keep: '0,,' });
    expect(after).toEqual({ meta: { id: '1' }, events: ends, 'writer:c': '1\ncancelled' });
  });

  it('leaves one that runs to its worker, which is notified', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active' }] });

    const { reply, before, after } = await cancel();

    expect(reply).toBe('cancelling');
    expect(after).toEqual({
      ...before,
      'job:1': { ...(before['job:1'] as object), cancelled: 'u"enough"', deferred: '"enough"' },
      notices: [['cancel', '1', 'w:1', 'u"enough"']],
      'writer:c': '1\ncancelling',
    });
    expect((await cancel({ seq: '2' })).reply).toBe('unchanged');
  });

  it.each([
    ['complete', ['complete', '1', 'w:1', '1', '']],
    ['wait for children', ['wait-children', '1', 'w:1', '']],
  ])('then does not let it %s', async (_way, entry) => {
    await lab.given({
      jobs: [
        { id: '1', state: 'active', children: { 'other:{queue}:\tchild': 'p' }, fields: { pending: 1 } },
      ],
    });
    await cancel();
    expect((await runCommit(lab, [entry as never], { now: NOW })).words).toEqual(['cancelled']);
  });

  it.each([
    ['retry', ['retry', '1', 'w:1', '"no"', '[]', '5000', '']],
    ['delay', ['postpone', '1', 'w:1', '5000']],
  ])('then has it wait in front instead of a %s', async (_way, entry) => {
    await lab.given({ jobs: [{ id: '1', state: 'active' }, { id: '2' }] });
    await cancel();
    const { after } = await runCommit(lab, [entry as never], { now: NOW });
    expect(after.waiting).toEqual(['1', '2']);
  });

  it('makes the reason that of the failure, whatever the worker says', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active' }] });
    await cancel();
    const { after } = await runCommit(lab, [['fail', '1', 'w:1', '"other"', '["s"]', '', '1']], { now: NOW });
    expect(after['job:1']).toMatchObject({
      failedReason: '"enough"',
      stack: '["s"]',
      cancelled: 'u"enough"',
    });
    expect(after['job:1']).not.toHaveProperty('deferred');
    expect(after.events).toEqual([...ends, ['drained']]);
  });

  it('sends a job whose steps may have to be undone to a worker, in front', async () => {
    await lab.given({
      jobs: [
        { id: '2' },
        {
          id: '1',
          state: 'delayed',
          due: NOW + 9000,
          fields: { state: 'delayed', token: 'w:1', attemptsStarted: 1, ...withSteps },
        },
      ],
    });

    const { reply, after } = await cancel();

    expect(reply).toBe('cancelling');
    expect(after).toMatchObject({
      waiting: ['1', '2'],
      wake: [['1', 0]],
      'job:1': { state: 'waiting', cancelled: 'u"enough"', deferred: '"enough"' },
      events: [['waiting', '1', 'delayed']],
    });
    expect(after).not.toHaveProperty('delayed');
  });

  it('fails it at once where that is not asked for', async () => {
    await lab.given({
      jobs: [{ id: '1', fields: { state: 'waiting', token: 'w:1', attemptsStarted: 1, ...withSteps } }],
    });
    const { reply, after } = await cancel({ undo: 0 });
    expect(reply).toBe('cancelled');
    expect(after['job:1']).toMatchObject({ state: 'failed', cancelled: 'k"enough"' });
  });

  it('leaves the wait of a step as it was, for a retry to go on with', async () => {
    const awaits = { step: 'ask', 'step:ask': `1,1,a,1,${THEN},`, awaits: `${NOW + 9000}\task\tship\tgo` };
    await lab.given({
      jobs: [
        {
          ...{ id: '1', state: 'delayed', due: NOW + 9000 },
          fields: { state: 'delayed', token: 'w:1', attemptsStarted: 1, ...awaits },
        },
      ],
    });
    expect((await cancel({ undo: 0 })).after['job:1']).toMatchObject({ ...awaits, state: 'failed' });
  });

  it.each([
    ['finished', { id: '1', state: 'completed' }],
    ['finished', { id: '1', state: 'failed' }],
    ['undoing', { id: '1', state: 'active', fields: { failure: '{}', ...withSteps } }],
    ['missing', { id: '2' }],
  ] as [string, SeedJob][])('answers %s and changes nothing (%p)', async (word, job) => {
    await lab.given({ jobs: [job] });
    const { reply, before, after } = await cancel();
    expect(reply).toBe(word);
    expect(after).toEqual({ ...before, 'writer:c': `1\n${word}` });
  });

  it('does nothing twice, and can be retried', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'delayed', due: NOW + 5 }] });
    await cancel();
    expect((await cancel()).before).toEqual((await cancel()).after);
    await lab.run(retryJob, [NOW, 'r', '1', '1', 'failed', 0, 0, 0]);
    expect((await lab.dump())['job:1']).toEqual({ state: 'waiting', attemptsMade: '0' });
  });
});
