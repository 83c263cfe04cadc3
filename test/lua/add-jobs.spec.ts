import { describe, expect, it } from '@jest/globals';
import { ADD_TIME as NOW, runAdd, type AddOptions } from '../support/add-call.js';
import { bodyText, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const add = (jobs: ReturnType<typeof job>[], options?: AddOptions) => runAdd(lab, jobs, options);
const job = (id = '', spec = '', name = 'work', data = '{}') => ({ id, spec, name, data });
const body = (name = 'work', data = '{}') => bodyText({ timestamp: NOW, name, data });

describe('add-jobs', () => {
  it('numbers jobs and puts them at the back, without a hash', async () => {
    const { reply, after } = await add([
      job('', '', 'email', '[]'),
      job('', '', 'sms', '{"n":12345678901234567890}'),
    ]);

    expect(reply).toBe(`${NOW}\n+1\n+2`);
    expect(after).toEqual({
      meta: { id: '2' },
      waiting: ['1', '2'],
      'body:1': body('email', '[]'),
      'body:2': body('sms', '{"n":12345678901234567890}'),
      wake: [['1', 0]],
      events: [
        ['added', '1', 'email'],
        ['added', '2', 'sms'],
      ],
      'writer:a': `1\n${NOW}\n+1\n+2`,
    });
  });

  it('counts on from the last number', async () => {
    await lab.given({ jobs: [{ id: '7' }] });

    const { reply, after } = await add([job()]);

    expect(reply).toBe(`${NOW}\n+8`);
    expect(after).toMatchObject({ meta: { id: '8' }, waiting: ['7', '8'] });
  });

  it('keeps ids of the caller, and adds none that is there already', async () => {
    await lab.given({ jobs: [{ id: 'old', state: 'completed', data: '1' }] });

    const { reply, before, after } = await add([
      job('old'),
      job('new', '', 'work', '1'),
      job('new', '', 'work', '2'),
    ]);

    expect(reply).toBe(`${NOW}\n=old\n+new\n=new`);
    expect(after).toEqual({
      ...before,
      waiting: ['new'],
      'body:new': body('work', '1'),
      wake: [['1', 0]],
      events: [
        ['duplicated', 'old'],
        ['added', 'new', 'work'],
        ['duplicated', 'new'],
      ],
      'writer:a': `1\n${reply}`,
    });
  });

  it('keeps a delayed job until it is due, equal times in the order of arrival', async () => {
    const { after } = await add([job('', '500,,,'), job('', '100,,,'), job('', '500,,,')]);

    expect(after).toEqual({
      meta: { id: '3', seq: '3' },
      delayed: [
        ['2', NOW + 100 + 2 / 4096],
        ['1', NOW + 500 + 1 / 4096],
        ['3', NOW + 500 + 3 / 4096],
      ],
      'body:1': body(),
      'body:2': body(),
      'body:3': body(),
      wake: [['1', 0]],
      events: [
        ['added', '1', 'work', String(NOW + 500)],
        ['added', '2', 'work', String(NOW + 100)],
        ['added', '3', 'work', String(NOW + 500)],
      ],
      'writer:a': `1\n${NOW}\n+1\n+2\n+3`,
    });
  });

  it('wakes nobody for a job that is due after another one', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'delayed', due: NOW + 100 }] });

    expect((await add([job('', '200,,,')])).after.wake).toBeUndefined();
    expect((await add([job('', '50,,,')], { seq: '2' })).after.wake).toEqual([['1', 0]]);
  });

  it('counts the delay from the creation time that the caller gives', async () => {
    const { after } = await add([job('late', `5000,,,${NOW - 5000}`), job('early', `5000,,,${NOW - 4000}`)]);

    expect(after).toMatchObject({
      waiting: ['late'],
      delayed: [['early', NOW + 1000 + 1 / 4096]],
      'body:late': bodyText({ timestamp: NOW - 5000 }),
      'body:early': bodyText({ timestamp: NOW - 4000 }),
      events: [
        ['added', 'late', 'work'],
        ['added', 'early', 'work', String(NOW + 1000)],
      ],
    });
  });

  it('puts jobs with a priority into its class: in order, or in front', async () => {
    const { after } = await add([
      job('', ',2,,'),
      job('', ',2,,'),
      job('', ',2,1,'),
      job('', ',1,,'),
      job('', ',0,,'),
    ]);

    expect(after).toMatchObject({
      meta: { id: '5', seq: '4' },
      prioritized: [
        ['4', 1 * 2 ** 32 + 2 ** 31 + 4],
        ['3', 2 * 2 ** 32 + 2 ** 31 - 1 - 3],
        ['1', 2 * 2 ** 32 + 2 ** 31 + 1],
        ['2', 2 * 2 ** 32 + 2 ** 31 + 2],
      ],
      waiting: ['5'],
      'job:1': { state: 'prioritized', priority: '2' },
      'job:4': { state: 'prioritized', priority: '1' },
      'job:5': { state: 'waiting', priority: '0' },
      wake: [['1', 0]],
    });
  });

  it('puts lifo jobs in front, the last one first', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { after } = await add([job(), job('', ',,1,'), job('', ',,1,')]);

    expect(after.waiting).toEqual(['4', '3', '1', '2']);
    expect(Object.keys(after).filter((key) => key.startsWith('job:'))).toEqual([]);
  });

  it('remembers the priority of a delayed job', async () => {
    const { after } = await add([job('', '100,3,,')]);

    expect(after).toMatchObject({
      delayed: [['1', NOW + 100 + 1 / 4096]],
      'job:1': { state: 'delayed', priority: '3' },
    });
    expect(after.prioritized).toBeUndefined();
  });

  it('wakes nobody while the queue is paused, but for a job that will be due first', async () => {
    await lab.given({ paused: true });

    const { after } = await add([job(), job()]);
    expect(after).toMatchObject({ waiting: ['1', '2'], meta: { paused: '1' } });
    expect(after.wake).toBeUndefined();

    // A worker's call moves what is due, also while none may start.
    expect((await add([job('', '10,,,')], { seq: '2' })).after.wake).toEqual([['1', 0]]);
  });

  it('changes nothing when the same call comes again', async () => {
    const first = await add([job(), job('', '100,,,')]);
    const again = await add([job(), job('', '100,,,')], { now: NOW + 5000 });

    expect(again.reply).toBe(first.reply);
    expect(again.after).toEqual(first.after);
    expect((await add([job()], { seq: '2' })).after.waiting).toEqual(['1', '3']);
    expect(await lab.ttlMs('writer:a')).toBeGreaterThan(3_590_000);
  });

  it('refuses a copy that comes after a later call of its writer', async () => {
    await add([job()]);
    await add([job()], { seq: '2' });
    const before = await lab.dump();

    await expect(add([job()])).rejects.toThrow('OUTDATED');
    expect(await lab.dump()).toEqual(before);
  });

  it('leaves the waking to a caller that wakes a worker itself', async () => {
    expect((await add([job(), job('', ',1,,')], { wake: 0 })).after.wake).toBeUndefined();
  });

  it('wakes a worker for a job that is now due first, whoever else is told', async () => {
    expect((await add([job('', '50,,,')], { wake: 0 })).after.wake).toEqual([['1', 0]]);
  });

  it('refuses more jobs than a call may add', async () => {
    await expect(add(Array.from({ length: 5001 }, () => job()))).rejects.toThrow('too many jobs');
    expect(await lab.dump()).toEqual({});
  });

  it('answers an empty call with the time', async () => {
    const { reply, after } = await add([]);

    expect(reply).toBe(String(NOW));
    expect(after).toEqual({ 'writer:a': `1\n${NOW}` });
  });

  it('writes events where few are kept: others listen', async () => {
    await lab.given({ maxEvents: 0 });

    expect((await add([job()])).after.events).toEqual([['added', '1', 'work']]);
  });

  it('takes thousands of jobs in one call', async () => {
    const count = 5000;
    const { reply, after } = await add(
      Array.from({ length: count }, (_, i) => job('', i % 2 === 0 ? '' : '10,1,,')),
    );

    expect(String(reply).split('\n')).toHaveLength(count + 1);
    expect(after.waiting).toHaveLength(count / 2);
    expect(after.delayed).toHaveLength(count / 2);
    expect(after.events).toHaveLength(count);
  });

  it("takes the time from Redis' own clock when none is given", async () => {
    const earliest = Date.now() - 1000;
    const { reply } = await add([job()], { now: 0 });

    const stamp = Number(String(reply).split('\n')[0]);
    expect(stamp).toBeGreaterThan(earliest);
    expect(stamp).toBeLessThan(Date.now() + 1000);
  });
});
