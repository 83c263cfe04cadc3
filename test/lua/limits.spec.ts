import { describe, expect, it } from '@jest/globals';
import {
  getLimits,
  limitQueue,
  pauseLimit,
  removeLimit,
  setLimit,
} from '../../lib/redis/scripts.generated.js';
import { runCommit } from '../support/commit-call.js';
import { addCall } from '../support/limited-jobs.js';
import { SEED_TIME as NOW, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const told = { wake: [['1', 0]], notices: [['limits']] };

describe('limit-queue', () => {
  it('sets and lifts a concurrency, and wakes a worker', async () => {
    const set = await lab.run(limitQueue, ['concurrency', 5, 0]);
    expect(set.reply).toBe('ok');
    expect(set.after).toEqual({ meta: { limits: '5,,,' }, ...told });

    expect((await lab.run(limitQueue, ['concurrency', 5, 0])).reply).toBe('unchanged');
    const lifted = await lab.run(limitQueue, ['concurrency', 0, 0]);
    expect(lifted.after.meta).toBeUndefined();
  });

  it('sets a rate beside a concurrency', async () => {
    await lab.run(limitQueue, ['concurrency', 5, 0]);
    expect((await lab.run(limitQueue, ['rate', 100, 1000])).after.meta).toEqual({ limits: '5,100,1000,' });
    expect((await lab.run(limitQueue, ['rate', 0, 0])).after.meta).toEqual({ limits: '5,,,' });
  });

  it('wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true });
    const { after } = await lab.run(limitQueue, ['rate', 1, 50]);
    expect(after).toEqual({ meta: { paused: '1', limits: ',1,50,' }, notices: told.notices });
  });

  it('refuses what it does not know', async () => {
    await expect(lab.run(limitQueue, ['size', 1, 1])).rejects.toThrow('concurrency or rate');
  });
});

describe('set-limit', () => {
  it('makes a limit, and changes it', async () => {
    const made = await lab.run(setLimit, ['stripe', 5, 100, 1000, 0, 0]);
    expect(made.reply).toBe('ok');
    expect(made.after).toEqual({
      meta: { limits: ',,,1' },
      limits: [['stripe', Infinity]],
      'limit:stripe': { running: '0', concurrency: '5', max: '100', duration: '1000' },
      ...told,
    });
    expect((await lab.run(setLimit, ['stripe', 5, 100, 1000, 0, 0])).reply).toBe('unchanged');
    expect((await lab.run(setLimit, ['stripe', 9, 0, 0, 1, 0])).reply).toBe('unchanged');
    const changed = await lab.run(setLimit, ['stripe', 9, 0, 0, 0, 0]);
    expect(changed.after['limit:stripe']).toEqual({ running: '0', concurrency: '9' });
  });

  it('counts the jobs that run and named it before it was there', async () => {
    await lab.run(setLimit, ['other', 9, 0, 0, 0, 0]);
    await addCall(lab, { limits: '?other;stripe' }, { limits: '?other' });
    await lab.run(setLimit, ['stripe', 9, 0, 0, 0, 0]);
    await runCommit(lab, [], { want: 5 });
    await lab.run(removeLimit, ['stripe']);
    const { after } = await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    expect(after['limit:stripe']).toEqual({ running: '1', concurrency: '1' });
  });
});

describe('pause-limit', () => {
  it('pauses and resumes, and says when it was so already', async () => {
    expect((await lab.run(pauseLimit, ['stripe', 1])).reply).toBe('missing');
    await lab.run(setLimit, ['stripe', 5, 0, 0, 0, 0]);
    const paused = await lab.run(pauseLimit, ['stripe', 1]);
    expect(paused.after).toEqual({
      ...paused.before,
      'limit:stripe': { running: '0', concurrency: '5', paused: '1' },
    });
    expect((await lab.run(pauseLimit, ['stripe', 1])).reply).toBe('unchanged');
    await addCall(lab, { limits: ';stripe' });
    expect((await runCommit(lab, [], { want: 5 })).jobs).toEqual([]);
    const resumed = await lab.run(pauseLimit, ['stripe', 0]);
    expect(resumed.reply).toBe('ok');
    expect(resumed.after).toMatchObject({ limits: [['stripe', 0]], wake: [['1', 0]] });
    expect((await lab.run(pauseLimit, ['stripe', 0])).reply).toBe('unchanged');
    expect((await runCommit(lab, [], { want: 5, seq: '2' })).jobs).toHaveLength(1);
  });
});

describe('remove-limit', () => {
  it('leaves nothing', async () => {
    await lab.run(setLimit, ['stripe', 5, 100, 1000, 0, 0]);
    const { reply, after } = await lab.run(removeLimit, ['stripe']);
    expect(reply).toBe('ok');
    expect(after).toEqual({ wake: [['1', 0]], notices: [['limits'], ['limits']] });
    expect((await lab.run(removeLimit, ['stripe'])).reply).toBe('missing');
  });

  it('lets those go that are parked, and forgets the limit with the last', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await addCall(lab, ...Array.from({ length: 4 }, () => ({ limits: ';stripe' })));
    expect((await runCommit(lab, [], { want: 5 })).jobs).toHaveLength(1);
    await lab.run(removeLimit, ['stripe']);

    const { jobs, after } = await runCommit(lab, [], { want: 5, seq: '2' });

    expect(jobs.map(({ id }) => id)).toEqual(['2', '3', '4']);
    expect(after).not.toHaveProperty('limits');
    expect(after).not.toHaveProperty('limited');
    expect(after).not.toHaveProperty('holders');
    expect(after.meta).not.toHaveProperty('limits');
  });
});

describe('a limit that is removed, and set again', () => {
  it('counts those that run, also where it was the last one', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await addCall(lab, ...Array.from({ length: 3 }, () => ({ limits: ';stripe' })));
    const { jobs } = await runCommit(lab, [], { want: 1 });
    await lab.run(removeLimit, ['stripe']);
    const { after } = await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    expect(after).toMatchObject({ 'limit:stripe': { running: '1' }, holders: { 1: 'stripe' } });
    expect((await runCommit(lab, [], { want: 5, seq: '2' })).jobs).toEqual([]);
    const next = await runCommit(lab, [['complete', '1', jobs[0]!.token, '1', '']], { want: 5, seq: '3' });
    expect(next.jobs.map(({ id }) => id)).toEqual(['2']);
  });

  it('counts those that started while there was none', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await addCall(lab, ...Array.from({ length: 3 }, () => ({ limits: ';stripe' })));
    await lab.run(removeLimit, ['stripe']);
    await runCommit(lab, [], { want: 2 });
    const { after } = await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    expect(after['limit:stripe']).toEqual({ running: '2', concurrency: '1' });
    expect((await runCommit(lab, [], { want: 5, seq: '2' })).jobs).toEqual([]);
  });

  it('holds back a job that waits for it and was added before those that are parked were let go', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await addCall(lab, { limits: ';stripe' }, { limits: ';stripe' });
    await runCommit(lab, [], { want: 5 });
    await lab.run(removeLimit, ['stripe']);
    await addCall(lab, { id: 'late', limits: '?stripe' });
    const { jobs, after } = await runCommit(lab, [], { want: 5, seq: '2' });
    expect(jobs.map(({ id }) => id)).not.toContain('late');
    expect(after['limit:stripe']).toMatchObject({ awaited: '1' });
    await lab.run(setLimit, ['stripe', 9, 0, 0, 0, 0]);
    expect((await runCommit(lab, [], { want: 5, seq: '3' })).jobs).toHaveLength(2);
  });
});

describe('get-limits', () => {
  it('tells of the queue and of each limit', async () => {
    await lab.run(limitQueue, ['concurrency', 50, 0]);
    await lab.run(setLimit, ['stripe', 1, 10, 1000, 0, 0]);
    await lab.run(setLimit, ['a', 3, 0, 0, 0, 0]);
    await addCall(lab, { limits: ';stripe' }, { limits: ';stripe' }, { limits: '?nobody' });
    await runCommit(lab, [], { want: 5, now: NOW });

    expect((await lab.run(getLimits, [NOW + 400], [])).reply).toEqual([
      ...['50', '', '', 1],
      ...['a', 1, '3', '', '', 0, 0, 0, 0, 0, ''],
      ...['nobody', 0, '', '', '', 0, 0, 0, 0, 1, ''],
      ...['stripe', 1, '1', '10', '1000', 0, 1, 1, 600, 1, ''],
    ]);
    expect((await lab.run(getLimits, [NOW], ['b'])).reply).toEqual([
      ...['50', '', '', 1],
      ...['b', 0, '', '', '', 0, 0, 0, 0, 0, ''],
    ]);
  });
});
