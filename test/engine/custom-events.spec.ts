import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, take, toArray } from 'rxjs';
import { InvalidOptionError, NotSerializableError, QueueEventsProducer } from '../../lib/engine.js';
import { EngineLab, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open();
let producer: QueueEventsProducer | undefined;

function open(): QueueEventsProducer {
  return (producer = new QueueEventsProducer(lab.name, { connection: lab.connection(), prefix: lab.prefix }));
}

describe('custom events', () => {
  afterEach(async () => {
    await producer?.close();
    producer = undefined;
  });

  it('reach listeners under their names, with their fields', async () => {
    const events = await lab.events();
    const told = [next(events, 'album-shared'), next(events, 'album-shared:7')];
    await open().publishEvent({
      eventName: 'album-shared',
      jobId: '7',
      by: 'ann\n\tb',
      tags: [],
      n: 1,
      no: null,
    });
    const fields = { jobId: '7', by: 'ann\n\tb', tags: [], n: 1, no: null };
    for (const args of await Promise.all(told)) {
      expect(args).toEqual([fields, expect.stringMatching(/^\d+-\d+-1$/)]);
    }
  });

  it('are streams: all of them, and those of one name', async () => {
    const events = await lab.events();
    const all = firstValueFrom(events.custom$.pipe(take(2), toArray()));
    const some = firstValueFrom(events.of<{ album: number }>('album-shared'));
    await open().publishEvent({ eventName: 'other' });
    await producer!.publishEvent({ eventName: 'album-shared', album: 7 });
    const shared = {
      event: 'custom',
      name: 'album-shared',
      fields: { album: 7 },
      id: expect.any(String),
      timestamp: expect.any(Number),
    };
    expect(await all).toMatchObject([{ event: 'custom', name: 'other', fields: {} }, shared]);
    expect(await some).toEqual(shared);
    const completed = firstValueFrom(events.of('completed'));
    const queue = lab.queue();
    lab.worker(async () => 1);
    const { id } = await queue.add('paint', 0);
    expect((await completed).jobId).toBe(id);
  });

  it('of a job reach who watches it', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.pause();
    const { id } = await queue.add('paint', 0);
    const watched = firstValueFrom(events.watch(id).pipe(take(2), toArray()));
    await firstValueFrom(events.watch(id));
    await open().publishEvent({ eventName: 'half-dry', jobId: id });
    expect(await watched).toMatchObject([
      { event: 'snapshot' },
      { event: 'custom', name: 'half-dry', jobId: id },
    ]);
  });

  it('do not cut what the queue keeps, and are kept where it keeps little', async () => {
    const queue = lab.queue();
    for (let i = 0; i < 300; i += 1) await queue.add('paint', i);
    await open().publishEvent({ eventName: 'shared' }, 1);
    expect(await lab.client.xlen(lab.keys.of('events'))).toBe(301);
    const silent = lab.queue({ streams: { events: { maxLen: 0 } } });
    await until(async () => (await lab.client.hget(lab.keys.of('meta'), 'maxEvents')) === '0');
    await silent.add('paint', 0);
    const kept = await lab.client.xlen(lab.keys.of('events'));
    expect(kept).toBeLessThan(300);
    for (let i = 0; i < 300; i += 1) await producer!.publishEvent({ eventName: 'shared' }, 500);
    expect(await lab.client.xlen(lab.keys.of('events'))).toBe(kept + 300);
  });

  it.each([
    'completed',
    'drained',
    'step-failed',
    'gap',
    'error',
    'closing',
    'custom',
    'newListener',
    'failed:7',
    '',
    'a\nb',
  ])('may not be called %j', async (eventName) => {
    await expect(open().publishEvent({ eventName })).rejects.toThrow(InvalidOptionError);
    expect(await lab.client.exists(lab.keys.of('events'))).toBe(0);
  });

  it('are refused where they cannot be told', async () => {
    open();
    await expect(producer!.publishEvent({} as { eventName: string })).rejects.toThrow(InvalidOptionError);
    await expect(producer!.publishEvent({ eventName: 'a' }, 0)).rejects.toThrow(InvalidOptionError);
    const big = { eventName: 'a', text: 'x'.repeat(70_000) };
    await expect(producer!.publishEvent(big)).rejects.toThrow(/64|65536/);
    await expect(producer!.publishEvent({ eventName: 'a', n: 1n })).rejects.toThrow(NotSerializableError);
  });
});
