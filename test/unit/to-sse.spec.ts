import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, from, Subject, toArray } from 'rxjs';
import { InvalidOptionError, type JobEvent, type SseMessage, toSse } from '../../lib/engine.js';

const progress = (number: number, jobId = 'a'): JobEvent => ({
  event: 'progress',
  jobId,
  data: number,
  id: `170-0-${number}`,
  timestamp: 170,
});

class FakeResponse extends EventEmitter {
  writableNeedDrain = false;

  drain(): void {
    this.writableNeedDrain = false;
    this.emit('drain');
  }
}

const shown = ({ type, data }: SseMessage): unknown =>
  type === 'dropped' ? `${(data as { count: number }).count} dropped` : (data as { data: number }).data;

describe('toSse', () => {
  it('makes messages, and lets nothing write lines of its own', async () => {
    const evil: JobEvent = {
      event: 'custom',
      name: 'a\ndata: b\r',
      fields: {},
      id: '1-2-3\n\0x',
      timestamp: 1,
    };
    const messages = await firstValueFrom(from([progress(1), evil]).pipe(toSse({ retry: 5 }), toArray()));
    expect(messages).toEqual([
      { id: '170-0-1', type: 'progress', data: progress(1), retry: 5 },
      { id: '1-2-3x', type: 'adata: b', data: evil },
    ]);
  });

  it('holds events while the client does not keep up, so many and no more', async () => {
    const source = new Subject<JobEvent>();
    const response = new FakeResponse();
    const told: unknown[] = [];
    const subscription = source
      .pipe(toSse({ response, heartbeat: 0, buffer: { limit: 3 } }))
      .subscribe((message) => told.push(shown(message)));
    source.next(progress(1));
    response.writableNeedDrain = true;
    for (let n = 2; n <= 9; n += 1) source.next(progress(n));
    expect(told).toEqual([1]);
    response.drain();
    expect(told).toEqual([1, '5 dropped', 7, 8, 9]);
    subscription.unsubscribe();
    expect(response.listenerCount('drain')).toBe(0);
  });

  it('gives the response time to say that it is full', async () => {
    const source = new Subject<JobEvent>();
    const response = new FakeResponse();
    const told: unknown[] = [];
    source
      .pipe(toSse({ response, heartbeat: 0, buffer: { limit: 1000 } }))
      .subscribe((message) => told.push(shown(message)));
    for (let n = 1; n <= 200; n += 1) source.next(progress(n));
    expect(told).toHaveLength(64);
    while (told.length < 200) await turn();
    expect(told).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });

  it('refuses what is no option', () => {
    for (const options of [{ heartbeat: -1 }, { heartbeat: NaN }, { retry: -1 }, { buffer: { limit: 0 } }]) {
      expect(() => toSse(options)).toThrow(InvalidOptionError);
    }
  });
});
