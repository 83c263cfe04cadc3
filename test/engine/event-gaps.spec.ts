import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError, type JobEvent, type QueueEvents } from '../../lib/engine.js';
import { addJobs } from '../../lib/redis/scripts.generated.js';
import { EngineLab, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

function record(events: QueueEvents): JobEvent[] {
  const told: JobEvent[] = [];
  events.all$.subscribe((event) => told.push(event));
  return told;
}

let call = 0;

/** Adds jobs, an entry of two events each, and cuts the stream to so many entries before any reader has its turn. */
async function addAndCut(count: number, keep: number): Promise<void> {
  const batch = lab.client.multi();
  const keys = addJobs.keys.map((key) => lab.keys.of(key));
  for (let i = 0; i < count; i += 1) {
    call += 1;
    batch.eval(addJobs.lua, keys.length, ...keys, 0, 'test', call, 1, 3, '', '', `job ${call}\n{}\n0`);
  }
  await batch.xtrim(lab.keys.of('events'), 'MAXLEN', keep).exec();
}

const last = (told: JobEvent[]): string => told.at(-1)!.id;

describe('events that are cut off before they are read', () => {
  it('are announced, exactly, where they would have come', async () => {
    const events = await lab.events();
    const told = record(events);
    await addAndCut(3, 3);
    await until(() => told.length === 6);
    expect(told.filter(({ event }) => event === 'gap')).toEqual([]);
    await addAndCut(10, 1);
    await until(() => told.length === 9);
    expect(told.slice(6)).toMatchObject([
      { event: 'gap', lost: 18, id: expect.any(String), timestamp: expect.any(Number) },
      { event: 'added' },
      { event: 'waiting' },
    ]);
    await addAndCut(2, 1);
    await until(() => told.length === 12);
    expect(told[9]).toMatchObject({ event: 'gap', lost: 2 });
  });

  it('are announced to listeners too', async () => {
    const events = await lab.events();
    const gaps: unknown[] = [];
    events.on('gap', ({ lost }, id) => gaps.push([lost, id]));
    await addAndCut(4, 1);
    await until(() => gaps.length === 1);
    expect(gaps).toEqual([[6, expect.stringMatching(/^\d+-\d+-6$/)]]);
  });

  it('are none where everything that was cut had been read', async () => {
    const events = await lab.events();
    const told = record(events);
    for (let round = 1; round <= 5; round += 1) {
      await addAndCut(2, 2);
      await until(() => told.length === round * 4);
      await lab.client.xtrim(lab.keys.of('events'), 'MAXLEN', round % 2);
    }
    expect(told.filter(({ event }) => event === 'gap')).toEqual([]);
    // Whoever comes back finds the stream cut to just behind its place: nothing is missing.
    await events.close();
    const back = record(await lab.events({ autorun: false, lastEventId: last(told) }));
    await lab.client.xtrim(lab.keys.of('events'), 'MAXLEN', 0);
    await addAndCut(1, 1);
    await until(() => back.length === 2);
    expect(back.map(({ event }) => event)).toEqual(['added', 'waiting']);
  });

  it('are announced to whoever comes back', async () => {
    const events = await lab.events();
    const told = record(events);
    await addAndCut(2, 2);
    await until(() => told.length === 4);
    await events.close();
    await addAndCut(5, 2);
    for (const [at, lost] of [
      [0, 9],
      [3, 6],
    ] as const) {
      const back = record(await lab.events({ autorun: false, lastEventId: told[at]!.id }));
      await until(() => back.length === 5);
      expect(back[0]).toMatchObject({ event: 'gap', lost });
      // Reading after the gap goes on with what follows it.
      const rest = record(await lab.events({ autorun: false, lastEventId: back[0]!.id }));
      await until(() => rest.length === 4);
      expect(rest).toEqual(back.slice(1));
    }
    // An entry's id tells only that something may be missing.
    const back = record(
      await lab.events({ autorun: false, lastEventId: told[0]!.id.split('-').slice(0, 2).join('-') }),
    );
    await until(() => back.length === 5);
    expect(back[0]!.event).toBe('gap');
    expect(back[0]).not.toHaveProperty('lost');
    const oldest = record(await lab.events({ autorun: false, lastEventId: '0' }));
    await until(() => oldest.length === 4);
    expect(oldest.map(({ event }) => event)).not.toContain('gap');
  });

  it('are told to who follows the queue from a place of its own', async () => {
    const events = await lab.events();
    const told = record(events);
    await addAndCut(3, 3);
    await until(() => told.length === 6);
    const follow = (after?: string): JobEvent[] => {
      const seen: JobEvent[] = [];
      events.follow({ after }).subscribe((event) => seen.push(event));
      return seen;
    };
    const behind = follow(told[1]!.id);
    await until(() => behind.length === 4);
    expect(behind).toEqual(told.slice(2));
    const [now, also] = [follow(), follow('')];
    await addAndCut(1, 1);
    await until(() => now.length === 2 && also.length === 2 && behind.length === 6);
    const cut = follow(told[1]!.id);
    await until(() => cut.length === 3);
    expect(cut[0]).toMatchObject({ event: 'gap', lost: 4 });
    expect(cut.slice(1)).toEqual(now);
    let isOver = false;
    events.follow({ after: '0' }).subscribe({ complete: () => (isOver = true) });
    await events.close();
    expect(isOver).toBe(true);
    expect(() => events.follow({ after: 'x' })).toThrow(InvalidOptionError);
  });

  it('are told to who watches a job, with how it is now', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const told: JobEvent[] = [];
    events.watch(id).subscribe((event) => told.push(event));
    await until(() => told.length === 1);
    await (await queue.getJob(id))!.updateProgress(3);
    await until(() => told.length === 2);
    await addAndCut(5, 1);
    await until(() => told.length === 4);
    expect(told.slice(2)).toMatchObject([
      { event: 'gap', lost: 8 },
      { event: 'snapshot', state: 'waiting', progress: 3 },
    ]);
  });

  it('are announced although nothing follows, when the reading had to start over', async () => {
    const events = await lab.events(lab.named());
    const told = record(events);
    await addAndCut(1, 1);
    await until(() => told.length === 2);
    await addAndCut(2, 0);
    await lab.loseReaders();
    await until(() => told.length === 3);
    expect(told[2]).toMatchObject({ event: 'gap', lost: 4 });
    await addAndCut(1, 1);
    await until(() => told.length === 5);
  });

  it('are announced, and no more are lost, where a server took over whose clock is behind', async () => {
    const queue = lab.queue();
    const events = await lab.events(lab.named());
    const told = record(events);
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const watched: JobEvent[] = [];
    let isOver = false;
    events.watch(id).subscribe({ next: (event) => watched.push(event), complete: () => (isOver = true) });
    await until(() => told.length === 3 && watched.length === 1);
    // The last events of the old server, an hour ahead, which the new one has never got.
    const stream = lab.keys.of('events');
    const kept = await lab.client.dump(stream.toString());
    await lab.client.xadd(stream, `${Date.now() + 3_600_000}-0`, '#', '4', 'paused', '\n');
    await until(() => told.length === 5);
    await lab.client
      .multi()
      .del(stream)
      .restore(stream, 0, kept as unknown as string)
      .exec();
    await lab.loseReaders();
    await until(() => told.length === 6);
    expect(told[5]).toMatchObject({ event: 'gap' });
    expect(told[5]).not.toHaveProperty('lost');
    await queue.remove(id);
    await until(() => isOver);
    expect(watched.map(({ event }) => event)).toEqual(['snapshot', 'gap', 'snapshot', 'removed']);
    expect(told.at(-1)).toMatchObject({ event: 'removed' });
  });

  it('is not told of a place that is a time, where nothing has happened since', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const followed: string[] = [];
    const following = events
      .follow({ after: `${Date.now() - 60_000}-0` })
      .subscribe(({ event }) => followed.push(event));
    await queue.add('a', 0);
    await until(() => Promise.resolve(followed.includes('waiting')));
    expect(followed).toEqual(['added', 'waiting']);
    following.unsubscribe();
  });

  it('may be missing after a place that is yet to come: reading goes on from now', async () => {
    const future = '99999999999999-0-7';
    const events = await lab.events({ lastEventId: future });
    const told = record(events);
    const followed: JobEvent[] = [];
    events.follow({ after: future }).subscribe((event) => followed.push(event));
    await until(() => followed.length === 1);
    await addAndCut(1, 1);
    await until(() => followed.length === 3);
    expect(followed.map(({ event }) => event)).toEqual(['gap', 'added', 'waiting']);
    expect(told.map(({ event }) => event)).toEqual(['gap', 'added', 'waiting']);
  });

  it('cannot be counted where the queue began anew', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const told = record(events);
    await queue.add('paint', 0);
    await until(() => told.length === 2);
    await queue.obliterate({ force: true });
    await queue.resume();
    await queue.add('paint', 0);
    await until(() => told.filter(({ event }) => event === 'added').length === 2);
    const gap = told.find(({ event }) => event === 'gap');
    expect(gap).toBeDefined();
    expect(gap).not.toHaveProperty('lost');
  });
});

describe('a reader that is far behind', () => {
  it('does not hold up the others', async () => {
    const events = await lab.events();
    for (let n = 0; n < 30; n += 1) await addAndCut(100, 10_000);
    await events.caughtUp();
    const behind = await lab.events({ autorun: false, lastEventId: '0' });
    const told = record(behind);
    const live: JobEvent[] = [];
    events.all$.subscribe((event) => live.push(event));
    await until(() => told.length > 0);
    await addAndCut(1, 10_000);
    let toldThen = 0;
    await until(() => {
      toldThen = told.length;
      return live.length === 2;
    });
    expect(toldThen).toBeLessThan(6000);
    await until(() => told.length === 6002);
    expect(told.map(({ id }) => Number(id.split('-')[2]))).toEqual(told.map((_, at) => at + 1));
    await addAndCut(1, 10_000);
    await until(() => told.length === 6004 && live.length === 4);
  });
});
