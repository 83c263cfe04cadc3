import { encodePlanSlots } from '../../lib/job/wire.generated.js';
import { describe, expect, it } from '@jest/globals';
import {
  cleanJobs,
  drainQueue,
  obliterateQueue,
  pauseScheduler,
  planSlots,
  readSchedulers,
  recoverStalled,
  removeJob,
  removeScheduler,
  runScheduler,
} from '../../lib/redis/scripts.generated.js';
import { runCommit } from '../support/commit-call.js';
import { addGrouped } from '../support/grouped-jobs.js';
import { HEAD, type ScheduleCall, slotBody, upsert } from '../support/schedule-call.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 1000;
const MINUTE = 60_000;
const job = (slot: number): string => `repeat:tick:${slot}`;
const make = (call: ScheduleCall, now = NOW, seq = '1') => upsert(lab, now, seq, call);
const fetchAt = (now: number, seq: string, want = 1) =>
  runCommit(lab, [], { now, want, seq, writer: 'w', worker: 'w' });

/** A scheduler at its first slot. */
const record = (fields: Record<string, string>) => ({
  given: '{}',
  head: HEAD,
  data: '{}',
  spec: ',,,',
  grid: ',',
  missed: 'skip',
  most: '100',
  overlap: 'allow',
  spread: '0',
  jitter: '0',
  made: '1',
  count: '1',
  slots: '',
  revision: 'a:1',
  ...fields,
});

describe('upsert-scheduler', () => {
  it('makes a scheduler and its first job', async () => {
    const { reply, after } = await make({ every: MINUTE });

    expect(reply).toBe(`ok\n${job(NOW)}\nwaiting\n0\n\n${slotBody(NOW, 1, NOW)}`);
    expect(after).toEqual({
      waiting: [job(NOW)],
      [`body:${job(NOW)}`]: slotBody(NOW, 1, NOW),
      [`job:${job(NOW)}`]: { state: 'waiting', scheduler: 'tick', delay: '0' },
      'scheduler:tick': record({ every: String(MINUTE), slot: String(NOW), job: job(NOW) }),
      'schedulers:next': [['tick', NOW]],
      wake: [['1', 0]],
      events: [['added', job(NOW), 'tick']],
      'writer:a': `1\n${reply as string}`,
    });
  });

  it('takes planned slots, the first of those to come as a delayed job with its priority', async () => {
    const { after } = await make({ spec: ',5,,', slots: [NOW, NOW + 10, NOW + 20, NOW + 30] });

    const slot = NOW + 10;
    expect(after).toMatchObject({
      delayed: [[job(slot), slot + 1 / 4096]],
      [`job:${job(slot)}`]: { state: 'delayed', scheduler: 'tick', delay: '10', priority: '5' },
      'scheduler:tick': {
        job: job(slot),
        slots: `${NOW + 20},${NOW + 30}`,
        last: String(NOW + 30),
      },
      events: [['added', job(slot), 'tick', String(slot)]],
    });
  });

  it('wants slots that were planned from no later than now, and some to come', async () => {
    const again = `again\n${NOW}`;

    expect((await make({ slots: [NOW + 10], from: NOW + 1 })).reply).toBe(again);
    const { reply, after } = await make({ slots: [NOW - 1, NOW] }, NOW, '2');
    expect(reply).toBe(again);
    expect(after).toEqual({ 'writer:a': `2\n${again}` });
    expect((await make({ complete: true }, NOW, '3')).reply).toBe('none');
  });

  it('replaces the job that was to come, and tells of no removal', async () => {
    await make({ every: MINUTE, start: NOW + 5 });

    const { after } = await make({ every: MINUTE, start: NOW + 5, spec: ',3,,' }, NOW + 2, '2');

    const slot = NOW + 5;
    expect(after).toMatchObject({
      delayed: [[job(slot), slot + 2 / 4096]],
      [`body:${job(slot)}`]: slotBody(NOW + 2, 1, slot),
      [`job:${job(slot)}`]: { priority: '3', delay: '3' },
      'scheduler:tick': { count: '1', made: '1', slot: String(slot), revision: 'a:2' },
      events: [
        ['added', job(slot), 'tick', String(slot)],
        ['added', job(slot), 'tick', String(slot)],
      ],
    });
  });

  it('goes over slots that have jobs, and says when all have', async () => {
    const taken = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ id: job(NOW + i * 10), state: 'completed' as const }));
    await lab.given({ jobs: taken(32) });

    const { reply, before, after } = await make({ every: 10 });
    expect(reply).toBe('taken');
    expect(after).toEqual({ ...before, 'writer:a': '1\ntaken' });

    const next = await make({ every: 10, start: NOW + 310 }, NOW, '2');
    expect(next.after['scheduler:tick']).toMatchObject({ slot: String(NOW + 320), made: '1' });
    expect(next.after.events).toContainEqual([
      'schedule-skipped',
      'tick',
      job(NOW + 310),
      String(NOW + 310),
      'taken',
    ]);
  });

  it('is answered as the first time when it is sent again', async () => {
    const first = await make({ every: MINUTE });
    const again = await make({ every: MINUTE }, NOW + 5);

    expect(again.reply).toBe(first.reply);
    expect(again.after).toEqual(first.after);
  });
});

describe('commit', () => {
  it('adds the next job when one starts, in the same call', async () => {
    await make({ every: MINUTE });

    const { after, jobs, dueInMs } = await fetchAt(NOW + 1, '1');

    const next = NOW + MINUTE;
    expect(jobs.map(({ id }) => id)).toEqual([job(NOW)]);
    expect(dueInMs).toBe(MINUTE - 1);
    expect(after).toMatchObject({
      delayed: [[job(next), next + 1 / 4096]],
      [`body:${job(next)}`]: slotBody(NOW + 1, 2, next),
      'scheduler:tick': record({
        every: String(MINUTE),
        slot: String(next),
        job: job(next),
        made: '2',
        count: '2',
      }),
      'schedulers:next': [['tick', next]],
      events: [
        ['added', job(NOW), 'tick'],
        ['active', job(NOW)],
        ['schedule-fired', 'tick', job(NOW), String(NOW)],
        ['added', job(next), 'tick', String(next)],
      ],
    });
    // Not again for a job that is given back.
    await runCommit(lab, [['postpone', job(NOW), jobs[0]!.token, '0']], {
      now: NOW + 2,
      seq: '2',
      writer: 'w',
    });
    const second = await fetchAt(NOW + 3, '3');
    expect(second.jobs.map(({ id }) => id)).toEqual([job(NOW)]);
    expect(second.after['scheduler:tick']).toEqual(after['scheduler:tick']);
  });

  it('tells the worker that slots are to be planned, also when it asks again', async () => {
    await make({ slots: [NOW + 1, NOW + 2, NOW + 3] });

    const first = await fetchAt(NOW + 1, '1');
    const again = await fetchAt(NOW + 1, '1');

    for (const { jobs } of [first, again]) {
      expect(Object.fromEntries(chunk(jobs[0]!.fields))).toMatchObject({ scheduler: 'tick', planned: '1' });
    }
    expect(again.after['scheduler:tick']).toMatchObject({ slot: String(NOW + 2), slots: String(NOW + 3) });
  });

  it('keeps a scheduler that has no slots left for who plans them', async () => {
    await make({ slots: [NOW + 1] });

    const { after } = await fetchAt(NOW + 1, '1');

    expect(after['scheduler:tick']).toMatchObject({ job: '', slot: String(NOW + 1), last: String(NOW + 1) });
    expect(after['schedulers:unplanned']).toEqual([['tick', NOW + 1]]);
    const look = (now: number) => lab.run(recoverStalled, [now, 'r', 1000, 1, 1e6, 0, 0, 1]);
    expect((await look(NOW + 900)).reply).toEqual([[], 0, []]);
    expect((await look(NOW + 1001)).reply).toEqual([[], 0, ['tick']]);
    const other = encodePlanSlots([['tick', 'a:0', String(NOW + 1), String(NOW + 9), '', '0']]);
    expect((await lab.run(planSlots, [NOW + 2], other)).reply).toBe(0);
    const plan = encodePlanSlots([['tick', 'a:1', String(NOW + 1), `${NOW + 9},${NOW + 19}`, '', '0']]);
    const planned = await lab.run(planSlots, [NOW + 2], plan);
    expect(planned.reply).toBe(1);
    expect(planned.after).toMatchObject({
      delayed: [[job(NOW + 9), NOW + 9 + 2 / 4096]],
      'scheduler:tick': { job: job(NOW + 9), slots: String(NOW + 19), last: String(NOW + 19) },
      wake: [['1', 0]],
    });
    expect(planned.after['schedulers:unplanned']).toBeUndefined();
    expect((await lab.run(planSlots, [NOW + 2], plan)).reply).toBe(0);
  });

  it('leaves out a slot whose run before is not over, and goes on', async () => {
    await make({ every: MINUTE, overlap: 'skip', spec: ',,,,,,repeat:tick' });
    const first = await fetchAt(NOW, '1');

    const { after, jobs } = await fetchAt(NOW + MINUTE, '2', 5);

    expect(first.after['job:repeat:tick:' + NOW]).toMatchObject({ dedup: 'repeat:tick' });
    expect(jobs).toEqual([]);
    expect(after.delayed).toEqual([[job(NOW + 2 * MINUTE), NOW + 2 * MINUTE + 2 / 4096]]);
    expect(after[`body:${job(NOW + MINUTE)}`]).toBeUndefined();
    expect(after['scheduler:tick']).toMatchObject({ made: '2', slot: String(NOW + 2 * MINUTE) });
    expect((after.events as string[][]).slice(-4)).toEqual([
      ['deduplicated', job(NOW), 'repeat:tick', job(NOW + MINUTE)],
      ['schedule-skipped', 'tick', job(NOW + MINUTE), String(NOW + MINUTE), 'overlap'],
      ['removed', job(NOW + MINUTE), 'delayed'],
      ['added', job(NOW + 2 * MINUTE), 'tick', String(NOW + 2 * MINUTE)],
    ]);
  });

  it('leaves out a slot whose group is full when it is due, and goes on', async () => {
    await make({ every: MINUTE, spec: ',,,@,1,g\u001e' });
    await fetchAt(NOW, '1');
    await addGrouped(lab, { id: 'other', group: 'g' });
    const { after } = await fetchAt(NOW + MINUTE, '2', 0);
    expect(after).toMatchObject({ 'scheduler:tick': { slot: String(NOW + 2 * MINUTE) } });
    expect(Object.keys(after)).not.toContain(`body:${job(NOW + MINUTE)}`);
    expect(after.events).toContainEqual([
      ...['schedule-skipped', 'tick', job(NOW + MINUTE), String(NOW + MINUTE), 'group-full'],
    ]);
  });

  it('holds a slot until the run before is over', async () => {
    await make({ every: MINUTE, overlap: 'queue' });
    const { jobs } = await fetchAt(NOW, '1');

    const held = await fetchAt(NOW + MINUTE, '2', 5);
    expect(held.jobs).toEqual([]);
    expect(held.after.delayed).toEqual([[job(NOW + MINUTE), NOW + MINUTE + 30_000 + 2 / 4096]]);
    expect(held.after['dedup:repeat:tick']).toEqual({ owner: job(NOW), held: job(NOW + MINUTE) });

    const token = jobs[0]!.token;
    const over = await runCommit(lab, [['complete', job(NOW), token, '1', '']], {
      now: NOW + MINUTE + 5,
      seq: '3',
      want: 1,
      writer: 'w',
    });
    expect(over.jobs.map(({ id }) => id)).toEqual([job(NOW + MINUTE)]);
    expect(over.after['dedup:repeat:tick']).toEqual({ owner: job(NOW + MINUTE) });
    expect(over.after.delayed).toHaveLength(1);
  });

  it('leaves what passed out by the rule of the scheduler', async () => {
    await make({ every: 10, missed: 'all', most: 2 });
    const { after } = await fetchAt(NOW + 95, '1');

    expect(after['scheduler:tick']).toMatchObject({ slot: String(NOW + 80) });
    expect(after.waiting).toEqual([job(NOW + 80)]);
    expect(after.wake).toEqual([['1', 0]]);
    expect(after.events).toContainEqual(['schedule-missed', 'tick', '7', String(NOW + 10), String(NOW + 70)]);
  });
});

describe('what sweeps a queue', () => {
  it('spares the job that is to come', async () => {
    await make({ every: MINUTE, start: NOW + 5 });
    await lab.given({ jobs: [{ id: 'x', state: 'delayed', due: NOW + 100 }] });

    const removal = await lab.run(removeJob, [NOW, 'r', '1', job(NOW + 5)]);
    expect(removal.reply).toBe('scheduled');
    await lab.run(drainQueue, [NOW, 1, 0, 0, 0, '-inf', '-inf', '1,0,0']);
    const { after } = await lab.run(cleanJobs, [NOW + MINUTE, 'c', '1', 'delayed', 0, 0, 0]);

    expect(after.delayed).toEqual([[job(NOW + 5), expect.any(Number)]]);
    expect(after['scheduler:tick']).toEqual(removal.before['scheduler:tick']);
  });

  it('takes schedulers with the queue', async () => {
    await make({ every: MINUTE });
    await make({ id: 'dry', slots: [NOW + 1], immediately: true }, NOW, '2');
    await lab.client.hset(lab.keys.of('meta'), 'paused', '1');

    expect((await lab.run(obliterateQueue, [NOW, 1, 1])).reply).toBe('more');
    let word: unknown = 'more';
    while (word === 'more') word = (await lab.run(obliterateQueue, [NOW, 1, 1])).reply;

    expect(Object.keys(await lab.dump()).toSorted()).toEqual(['events', 'writer:a']);
  });
});

describe('remove-scheduler', () => {
  it('takes a delayed job along, and leaves one that waits', async () => {
    await make({ every: MINUTE, start: NOW + 5 });
    const { reply, after } = await lab.run(removeScheduler, [NOW, 'r', '1', 'tick']);
    expect(reply).toBe('ok');
    expect(Object.keys(after).toSorted()).toEqual(['events', 'meta', 'wake', 'writer:a', 'writer:r']);
    expect((after.events as string[][]).at(-1)).toEqual(['removed', job(NOW + 5), 'delayed']);

    await make({ every: MINUTE }, NOW, '2');
    const waiting = await lab.run(removeScheduler, [NOW, 'r', '2', 'tick']);
    expect(waiting.after.waiting).toEqual([job(NOW)]);
    const { after: last, jobs } = await fetchAt(NOW, '1');
    expect(jobs).toHaveLength(1);
    expect(last.delayed).toBeUndefined();
    expect((await lab.run(removeScheduler, [NOW, 'r', '3', 'tick'])).reply).toBe('missing');
  });
});

describe('pause-scheduler', () => {
  const pause = (paused: number, now: number, seq: string) =>
    lab.run(pauseScheduler, [now, 'p', seq, 'tick', paused]);

  it('takes the job away, and goes on with the next slot of the grid', async () => {
    await make({ every: MINUTE });

    const paused = await pause(1, NOW + 5, '1');
    expect(paused.after).toMatchObject({ 'scheduler:tick': { paused: '1', job: '', made: '0' } });
    expect(paused.after.waiting).toBeUndefined();
    expect((await pause(1, NOW + 5, '2')).reply).toBe('unchanged');
    expect((await make({ every: MINUTE }, NOW + 6, '2')).reply).toBe('paused');

    const resumed = await pause(0, NOW + 5 * MINUTE + 1, '3');
    expect(resumed.reply).toBe('ok');
    expect(resumed.after['scheduler:tick']).toMatchObject({
      job: job(NOW + 6 * MINUTE),
      slot: String(NOW + 6 * MINUTE),
    });
    expect(JSON.stringify(resumed.after.events)).not.toContain('missed');
  });

  it('keeps planned slots, and says when they have passed', async () => {
    await make({ slots: [NOW + 10, NOW + 20] });
    await pause(1, NOW + 5, '1');
    const soon = await pause(0, NOW + 6, '2');
    expect(soon.after['scheduler:tick']).toMatchObject({ job: job(NOW + 10), slots: String(NOW + 20) });

    await pause(1, NOW + 7, '3');
    const late = await pause(0, NOW + 30, '4');
    expect(late.reply).toBe('unplanned');
    expect(late.after['schedulers:unplanned']).toEqual([['tick', NOW + 30]]);
    expect((await lab.run(pauseScheduler, [NOW, 'p', '5', 'none', 1])).reply).toBe('missing');
  });
});

describe('run-scheduler', () => {
  it('adds a job beside the slots', async () => {
    await make({ every: MINUTE, start: NOW + 5, spec: ',4,,' });

    const { reply, before, after } = await lab.run(runScheduler, [NOW + 1, 'r', '1', 'tick']);

    expect(reply).toBe(`ok\n${job(NOW + 1)}\nprioritized\n0\n4\n${slotBody(NOW + 1, 1, NOW + 1)}`);
    expect(after.prioritized).toHaveLength(1);
    expect(after['scheduler:tick']).toEqual(before['scheduler:tick']);
    const again = await lab.run(runScheduler, [NOW + 1, 'r', '2', 'tick']);
    expect(again.reply).toContain(`ok\n${job(NOW + 2)}\n`);
    expect((await lab.run(runScheduler, [NOW + 1, 'r', '3', 'none'])).reply).toBe('missing');
  });
});

describe('recover-stalled', () => {
  it('fails no job of a scheduler that is there', async () => {
    await make({ every: MINUTE });
    await fetchAt(NOW, '1');
    const look = () => lab.run(recoverStalled, [NOW + 31_000, 'r', 1000, 0, 1e6, 0, 0, 1]);

    expect((await look()).reply).toEqual([[job(NOW)], 0, []]);
    await lab.run(removeScheduler, [NOW, 'r', '2', 'tick']);
    await fetchAt(NOW + 1, '2');
    expect((await look()).reply).toEqual([
      [],
      0,
      [],
      job(NOW),
      expect.any(String),
      expect.any(String),
      expect.anything(),
    ]);
  });
});

describe('read-schedulers', () => {
  it('reads what getters and planners need', async () => {
    await make({ slots: [NOW + 10, NOW + 20, NOW + 30] });

    expect((await lab.run(readSchedulers, [NOW], ['tick', 'none'])).reply).toEqual([
      String(NOW),
      ['ok', '{}', '1', String(NOW + 10), job(NOW + 10), null, null, 'a:1', String(NOW + 30), 2, '0', '{}'],
      ['missing'],
    ]);
  });
});

function chunk(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2] ?? '', flat[i * 2 + 1] ?? '']);
}
