import { describe, expect, it } from '@jest/globals';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { Calls } from '../../lib/store/calls.js';
import { ControlStore, DRAIN_BEGIN } from '../../lib/store/control-store.js';
import type { Delivery } from '../../lib/store/delivery.js';
import { JobChanges } from '../../lib/store/job-changes.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
/** Nothing here concerns another queue. */
const delivery = { deliver: async () => {} } as unknown as Delivery;

function open(): { control: ControlStore; changes: JobChanges } {
  const runner = new ScriptRunner(lab.client, lab.keys);
  const calls = new Calls(runner);
  return { control: new ControlStore(runner, calls, delivery), changes: new JobChanges(runner, calls) };
}

describe('JobChanges', () => {
  it('changes single jobs', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'failed' }, { id: '2', state: 'delayed' }, { id: '3' }] });
    const { changes: store } = open();

    expect(await store.retry('1', 'failed', true, { resetAttemptsMade: true })).toBe('ok');
    expect(await store.changeDelay('2', 5000)).toBe('ok');
    expect(await store.promote('2')).toBe('ok');
    expect(await store.changePriority('2', 4, false)).toBe('ok');
    expect(await store.remove('3')).toBe('ok');
    expect(await store.remove('3')).toBe('missing');

    const left = await lab.dump();
    expect(left).toMatchObject({
      waiting: ['1'],
      'job:2': { state: 'prioritized', delay: '0', priority: '4' },
    });
    expect(left['job:1']).toEqual({ state: 'waiting', token: 'w:1', attemptsStarted: '1' });
  });
});

describe('ControlStore', () => {
  it('changes many jobs in slices', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'failed' },
        { id: '2', state: 'failed' },
        { id: '3', state: 'delayed' },
      ],
    });
    const { control: store } = open();

    const first = await store.retrySlice('failed', 1, 0);
    expect(first).toEqual({ moved: 1, before: expect.any(Number) });
    expect(await store.retrySlice('failed', 1, first.before)).toEqual({ moved: 1, before: first.before });
    expect(await store.promoteSlice(['3'])).toBe(1);
    const slice = { place: 'waiting', graceMs: 0, limit: 2, start: 0 } as const;
    expect(await store.cleanSlice(slice)).toEqual({ removed: ['1', '2'], next: 0 });
    expect(await store.drainSlice(false, DRAIN_BEGIN)).toMatchObject({ looked: 1, left: 0 });
    expect(await store.cleanSlice(slice)).toEqual({ removed: [], next: -1 });
  });

  it('changes the queue', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    const { control: store } = open();

    expect(await store.obliterateSlice(10, false)).toEqual({ word: 'not-paused' });
    expect(await store.pause(true)).toBe('ok');
    await store.setMaxEvents(10);
    expect((await lab.dump()).meta).toMatchObject({ paused: '1', maxEvents: '10' });
    await store.setMaxEvents(undefined);
    expect(await store.trimEvents(0)).toBe(1);
    expect((await lab.dump()).meta).toEqual({ id: '1', paused: '1' });
    expect(await store.obliterateSlice(10, false)).toEqual({ word: 'done' });
    expect(await lab.dump()).toEqual({ events: [['removed', '1', 'waiting']] });
  });
});
