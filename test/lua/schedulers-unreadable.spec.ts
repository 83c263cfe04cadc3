import { encodeKeepSchedulers, encodePlanSlots } from '../../lib/job/wire.generated.js';
import { describe, expect, it } from '@jest/globals';
import {
  cleanJobs,
  keepSchedulers,
  pauseScheduler,
  planSlots,
  readSchedulers,
  recoverStalled,
  removeScheduler,
  runScheduler,
  setLimit,
  upsertScheduler,
} from '../../lib/redis/scripts.generated.js';
import { runCommit } from '../support/commit-call.js';
import { slotBody, upsert } from '../support/schedule-call.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 1000;
const MINUTE = 60_000;
const FIRST = NOW + MINUTE;
const job = (slot: number, id = 'tick'): string => `repeat:${id}:${slot}`;
const key = (family: string, id: string): string => lab.keys.derived(family as 'job', id);
const fetchAt = (now: number, seq: string, want = 5) =>
  runCommit(lab, [], { now, want, seq, writer: 'w', worker: 'w' });

/** Two schedulers whose first jobs are delayed, so that the second shows whether the rest goes on. */
async function givenTwo(overlap = 'allow'): Promise<void> {
  await upsert(lab, NOW, '1', { every: MINUTE, start: FIRST, overlap });
  await upsert(lab, NOW, '2', { id: 'other', every: MINUTE, start: FIRST });
}

async function breakRecord(fields: Record<string, string> | undefined): Promise<void> {
  if (fields) {
    await lab.client.hset(key('scheduler', 'tick'), fields);
  } else {
    await lab.client.set(key('scheduler', 'tick'), 'what?');
  }
}

const BROKEN: [string, Record<string, string> | undefined][] = [
  ['another type', undefined],
  ['no number', { spread: 'what?' }],
  ['a count that is none', { made: '-3.5' }],
  ['no grid', { every: '0' }],
  ['slots that are none', { slots: '1e400,nan' }],
  ['a spec that cannot be read', { spec: 'what?' }],
  ['the job of somebody else', { job: '7' }],
];

describe('a scheduler whose record cannot be read', () => {
  it.each(BROKEN)('is laid aside when its job is due, and the others go on: %s', async (_what, fields) => {
    await givenTwo();
    await breakRecord(fields);

    const { jobs, after } = await fetchAt(FIRST, '1');

    expect(jobs.map(({ id }) => id)).toEqual([job(FIRST), job(FIRST, 'other')]);
    expect(after).toMatchObject({
      delayed: [[job(FIRST + MINUTE, 'other'), expect.any(Number)]],
      'schedulers:next': [['other', FIRST + MINUTE]],
      unreadable: [expect.stringContaining('scheduler:tick')],
    });
    expect(after).not.toHaveProperty('scheduler:tick');
    expect(after.events).toContainEqual([
      'schedule-skipped',
      'tick',
      job(FIRST),
      String(FIRST),
      'unreadable',
    ]);
  });

  it.each(BROKEN)('is laid aside when its job has started: %s', async (_what, fields) => {
    await upsert(lab, NOW, '1', { every: MINUTE });
    await breakRecord(fields);

    const { jobs, after } = await fetchAt(NOW, '1');

    expect(jobs.map(({ id }) => id)).toEqual([job(NOW)]);
    expect(after).toMatchObject({ unreadable: [expect.stringContaining('scheduler:tick')] });
    expect(after).not.toHaveProperty('delayed');
  });

  it.each(BROKEN)('is made anew by an upsert, which brings one job a slot: %s', async (_what, fields) => {
    await givenTwo();
    await breakRecord(fields);

    const { reply, after } = await upsert(lab, NOW, '3', { every: MINUTE, start: FIRST });

    // Where the record is no hash, nobody knows which job was to come.
    const first = fields && !fields.job ? FIRST : FIRST + MINUTE;
    expect(reply).toContain(`ok\n${job(first)}\ndelayed`);
    expect(after['scheduler:tick']).toMatchObject({ job: job(first), every: String(MINUTE) });
    expect(after.unreadable).toHaveLength(1);
  });

  it.each(BROKEN)('is removed, and refuses all else: %s', async (_what, fields) => {
    await givenTwo();
    const answers = [];
    for (const [i, run] of [
      () => lab.run(removeScheduler, [NOW, 'b', '1', 'tick']),
      () => lab.run(pauseScheduler, [NOW, 'b', '2', 'tick', 1]),
      () => lab.run(runScheduler, [NOW, 'b', '3', 'tick']),
      () => lab.run(planSlots, [NOW], encodePlanSlots([['tick', 'a:1', '', '', '', '0']])),
    ].entries()) {
      await breakRecord(fields);
      const { reply, after } = await run();
      answers.push(reply);
      expect(after).not.toHaveProperty('scheduler:tick');
      expect(after.unreadable).toHaveLength(i + 1);
    }

    expect(answers).toEqual(['ok', 'unreadable', 'unreadable', 0]);
  });

  it('is read as such, and stops no sweep', async () => {
    await givenTwo();
    await breakRecord(undefined);
    lab.willFind('key scheduler:tick is a string');

    const { reply } = await lab.run(readSchedulers, [NOW], ['tick', 'other', 'none']);
    const records = reply as (string | null)[][];
    expect(records.slice(1).map(([state]) => state)).toEqual(['unreadable', 'ok', 'missing']);
    await lab.run(cleanJobs, [NOW + 10 * MINUTE, 'b', '1', 'delayed', 0, 10, 0]);
  });

  it('is made again where it is in code, whoever has laid it aside', async () => {
    const keep = (seq: string) =>
      lab.run(keepSchedulers, [NOW, 'k', seq, 90_000, 0, 1], encodeKeepSchedulers([['tick', 'abc']]));
    const code = ['b', '1', 'tick', '{}', String(MINUTE), '', String(FIRST), '', ''] as const;
    const tail = ['allow', 0, 0, ',,,', 'tick\n{"repeat":{"count":', '{}', 'abc', NOW, 0, ''] as const;
    await lab.run(upsertScheduler, [NOW, ...code, 0, 0, 'skip', 100, ...tail]);
    await breakRecord(undefined);

    expect((await keep('1')).reply).toBe('1\nmake');
    expect((await keep('2')).reply).toBe('1\nmake');
    lab.willFind('scheduler tick is listed but not there');
  });
});

describe('a next job that cannot be read', () => {
  it.each(['delayed', 'waiting'])('fails when it is taken, and its scheduler goes on: %s', async (state) => {
    const first = state === 'delayed' ? FIRST : NOW;
    await upsert(lab, NOW, '1', { every: MINUTE, start: first });
    await lab.client.set(key('job', job(first)), 'what?');

    const { jobs, after } = await fetchAt(first, '1');

    expect(jobs.map(({ id, fields }) => [id, fields[fields.indexOf('deferred') + 1]])).toEqual([
      [job(first), expect.stringContaining('cannot be read')],
    ]);
    expect(after).toMatchObject({
      delayed: [[job(first + MINUTE), expect.any(Number)]],
      'scheduler:tick': { job: job(first + MINUTE), count: '2' },
    });
  });

  it('is passed over where what is left of another job has its id', async () => {
    await upsert(lab, NOW, '1', { every: MINUTE });
    await lab.client.set(key('job', job(NOW + MINUTE)), 'what?');

    const { after } = await fetchAt(NOW, '1');

    expect(after['scheduler:tick']).toMatchObject({ job: job(NOW + 2 * MINUTE) });
    lab.willFind(`key job:${job(NOW + MINUTE)} is a string`);
  });

  it('does not run without a body, and its scheduler goes on', async () => {
    await givenTwo('queue');
    await lab.client.del(key('body', job(FIRST)));
    await lab.client.lpush(key('body', job(FIRST)), 'what?');

    const { after } = await fetchAt(FIRST, '1');

    expect(after['scheduler:tick']).toMatchObject({ job: job(FIRST + MINUTE) });
    lab.willFind(`key body:${job(FIRST)} is a list`);
  });
});

describe('a next job that has vanished', () => {
  it.each(['delayed', 'waiting', 'limited', 'in a group'])(
    'runs where its body is gone: %s',
    async (state) => {
      const first = state === 'delayed' ? FIRST : NOW;
      if (state === 'limited') await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
      const spec = state === 'in a group' ? ',,,@1,,g\u001e' : ',,,';
      await upsert(lab, NOW, '1', { every: MINUTE, start: first, spec });
      await lab.client.unlink(key('body', job(first)));

      const { jobs, after } = await fetchAt(first, '1');

      expect(jobs.map(({ id, body }) => [id, body])).toEqual([[job(first), slotBody(first, 1, first)]]);
      expect(after).toMatchObject({ 'scheduler:tick': { job: job(first + MINUTE), count: '2' } });
    },
  );

  const lookAt = (now: number) => lab.run(recoverStalled, [now, 'w', 30_000, 1, 1e6, 60_000, 0, 1]);
  it.each(['its fields', 'all of it', 'its place'])('is passed over after a while: %s', async (what) => {
    await givenTwo();
    if (what === 'its place') await lab.client.zrem(`${lab.keys.base}delayed`, job(FIRST));
    else await lab.client.unlink(key('job', job(FIRST)));
    if (what === 'all of it') await lab.client.unlink(key('body', job(FIRST)));

    await lookAt(FIRST + MINUTE - 1);
    expect(await lab.client.hget(key('scheduler', 'tick'), 'job')).toBe(job(FIRST));
    const { reply, after } = await lookAt(FIRST + MINUTE);
    expect((reply as unknown[])[2]).toEqual(['tick']);
    expect(after).toMatchObject({
      'scheduler:tick': { job: '' },
      'scheduler:other': { job: job(FIRST, 'other') },
    });
    expect(after.events).toContainEqual(['schedule-skipped', 'tick', job(FIRST), String(FIRST), 'lost']);

    const revision = (after['scheduler:tick'] as Record<string, string>).revision!;
    const planned = await lab.run(
      planSlots,
      [FIRST + MINUTE],
      encodePlanSlots([['tick', revision, '', '', '', '0']]),
    );
    expect(planned.after).toMatchObject({ 'scheduler:tick': { job: job(FIRST + MINUTE) } });
    // What is left of the job is nobody's.
    if (what === 'all of it') lab.willFind(`job ${job(FIRST)} is in delayed but no body`);
    if (what === 'its place') lab.willFind(`job ${job(FIRST)} is in no state`);
  });
});

describe('a slot whose run before cannot be read', () => {
  it('begins its deduplication anew', async () => {
    await upsert(lab, NOW, '1', { every: MINUTE, overlap: 'queue' });
    await fetchAt(NOW, '1');
    await lab.client.set(key('job', job(NOW)), 'what?');

    const { jobs } = await fetchAt(NOW + MINUTE, '2');

    expect(jobs.map(({ id }) => id)).toEqual([job(NOW + MINUTE)]);
    lab.willFind(`key job:${job(NOW)} is a string`);
  });

  it('waits where only the deduplication is damaged, until that run is over', async () => {
    await upsert(lab, NOW, '1', { every: MINUTE, overlap: 'queue' });
    const [first] = (await fetchAt(NOW, '1')).jobs;
    await lab.client.unlink(key('dedup', 'repeat:tick'));
    await lab.client.set(key('dedup', 'repeat:tick'), 'what?');

    const { jobs, after } = await fetchAt(NOW + MINUTE, '2');
    expect(jobs).toEqual([]);
    expect(after['dedup:repeat:tick']).toEqual({ owner: job(NOW), held: job(NOW + MINUTE) });

    const entry = ['complete', first!.id, first!.token, '1', ''] as const;
    const next = await runCommit(lab, [[...entry]], {
      ...{ now: NOW + MINUTE + 1, want: 5, seq: '3', writer: 'w', worker: 'w' },
    });
    expect(next.jobs.map(({ id }) => id)).toEqual([job(NOW + MINUTE)]);
  });
});
