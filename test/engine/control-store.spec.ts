import { describe, expect, it } from '@jest/globals';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { ControlStore, DRAIN_BEGIN } from '../../lib/store/control-store.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const open = () => new ControlStore(new ScriptRunner(lab.client, lab.keys));
let calls = 0;
const session = () => ({ writer: 'a', seq: String((calls += 1)) });

describe('ControlStore', () => {
  it('changes single jobs', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'failed' }, { id: '2', state: 'delayed' }, { id: '3' }] });
    const store = open();

    expect(await store.retryJob('1', 'failed', true, { resetAttemptsMade: true }, session())).toBe('ok');
    expect(await store.changeDelay('2', 5000, session())).toBe('ok');
    expect(await store.promoteJob('2', session())).toBe('ok');
    expect(await store.changePriority('2', 4, false, session())).toBe('ok');
    expect(await store.removeJob('3', session())).toBe('ok');
    expect(await store.removeJob('3', session())).toBe('missing');

    const left = await lab.dump();
    expect(left).toMatchObject({
      waiting: ['1'],
      'job:2': { state: 'prioritized', delay: '0', priority: '4' },
    });
    expect(left['job:1']).toEqual({ state: 'waiting', token: 'w:1', attemptsStarted: '1' });
  });

  it('changes many jobs in slices', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'failed' },
        { id: '2', state: 'failed' },
        { id: '3', state: 'delayed' },
      ],
    });
    const store = open();

    const first = await store.retryJobs('failed', 1, 0);
    expect(first).toEqual({ moved: 1, before: expect.any(Number) });
    expect(await store.retryJobs('failed', 1, first.before)).toEqual({ moved: 1, before: first.before });
    expect(await store.promoteJobs(['3'])).toBe(1);
    const slice = { place: 'waiting', graceMs: 0, limit: 2, start: 0 } as const;
    expect(await store.cleanJobs(slice, session())).toEqual({ removed: ['1', '2'], next: 0 });
    expect(await store.drainQueue(false, DRAIN_BEGIN)).toMatchObject({ looked: 1, left: 0 });
    expect(await store.cleanJobs(slice, session())).toEqual({ removed: [], next: -1 });
  });

  it('changes the queue', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    const store = open();

    expect(await store.obliterateQueue(10, false)).toBe('not-paused');
    expect(await store.pauseQueue(true)).toBe('ok');
    await store.setMaxEvents(10);
    expect((await lab.dump()).meta).toMatchObject({ paused: '1', maxEvents: '10' });
    await store.setMaxEvents(undefined);
    expect(await store.trimEvents(0)).toBe(1);
    expect((await lab.dump()).meta).toEqual({ id: '1', paused: '1' });
    expect(await store.obliterateQueue(10, false)).toBe('done');
    expect(await lab.dump()).toEqual({ events: [['removed', '1', 'waiting']] });
  });
});
