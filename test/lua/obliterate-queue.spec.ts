import { describe, expect, it } from '@jest/globals';
import { obliterateQueue } from '../../lib/redis/scripts.generated.js';
import { LISTED_STATES } from '../../lib/job/job-state.js';
import { runAdd } from '../support/add-call.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const obliterate = (count = 1000, force = 0) => lab.run(obliterateQueue, [0, count, force]);
const oneOfEach = LISTED_STATES.map((state, i) => ({ id: `${i + 1}`, state, priority: 1, logs: ['x'] }));

describe('obliterate-queue', () => {
  it('leaves nothing but what remembers the calls of writers, and the events, both to expire', async () => {
    await lab.given({ paused: true, jobs: oneOfEach, limiter: { count: 1, until: SEED_TIME }, maxEvents: 5 });
    await runAdd(lab, [{}]);
    await lab.client.zadd(lab.keys.of('wake'), 0, '1');

    const { reply, after } = await obliterate(1000, 1);

    expect(reply).toBe('done');
    const unfinished = ['waiting-children', 'waiting', 'prioritized', 'delayed', 'active'];
    const told = unfinished.map((state) => [
      'removed',
      oneOfEach.find((job) => job.state === state)!.id,
      state,
    ]);
    expect(after).toEqual({
      'writer:a': expect.any(String),
      events: [['added', '8', 'work'], ...told.slice(0, 2), ['removed', '8', 'waiting'], ...told.slice(2)],
    });
    expect(await lab.ttlMs('events')).toBeGreaterThan(3_500_000);
    // The next queue of that name keeps its events.
    await runAdd(lab, [{}], { seq: '2' });
    expect(await lab.ttlMs('events')).toBe(-1);
  });

  it('deletes a slice and asks to be called again', async () => {
    await lab.given({ paused: true, jobs: ['1', '2', '3'].map((id) => ({ id })) });

    const { reply, before, after } = await obliterate(2);
    expect(reply).toBe('more');
    const events = ['1', '2', '3'].map((id) => ['removed', id, 'waiting']);
    expect(after).toEqual({
      ...{ ...before, waiting: ['3'], 'body:1': undefined, 'body:2': undefined },
      events: events.slice(0, 2),
    });

    const last = await obliterate(2);
    expect(last.reply).toBe('done');
    expect(last.after).toEqual({ events });
  });

  it('deletes 500 jobs a call at most', async () => {
    await lab.given({ paused: true, jobs: Array.from({ length: 1000 }, (_, i) => ({ id: `${i}` })) });

    expect((await obliterate(5000)).after.waiting).toHaveLength(500);
  });

  it('refuses a queue that is not paused', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await obliterate(1000, 1);

    expect(reply).toBe('not-paused');
    expect(after).toEqual(before);
  });

  it('refuses a queue with active jobs', async () => {
    await lab.given({ paused: true, jobs: oneOfEach });

    const { reply, before, after } = await obliterate();

    expect(reply).toBe('active');
    expect(after).toEqual(before);
  });

  it('finds no queue to delete twice', async () => {
    await lab.given({ paused: true });

    expect((await obliterate()).reply).toBe('done');
    expect((await obliterate()).reply).toBe('not-paused');
  });
});
