import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { ReaderOwner } from '../../lib/redis/blocking-reader.js';
import type { RedisClient } from '../../lib/redis/client.js';
import { WakeReader } from '../../lib/redis/wake-reader.js';
import { OpenCalls, settled, StillTime } from '../support/still-time.js';

const A = 'p:{a}:wake';
const B = 'p:{b}:wake';
const WAIT_MS = 5000;

type Popped = [key: string, member: string, score: string] | null;

/** A client whose blocking reads a test answers. */
class Reader extends EventEmitter {
  status = 'ready';
  readonly options = {};
  readonly reads = new OpenCalls<unknown[], Popped>();
  readonly bzpopmin = (...args: unknown[]): Promise<Popped> => this.reads.call(args);
  isGone = false;

  disconnect(): void {
    this.isGone = true;
  }
}

/** A line whose reads a test answers, in a time that stands still. */
class Wakes {
  readonly time = new StillTime();
  readonly readers: Reader[] = [];
  readonly handedBack: string[] = [];
  readonly reports: string[] = [];
  nudges = 0;
  suspicions = 0;
  rests = 0;
  nudgeFailure: Error | undefined;
  readonly line: WakeReader;

  constructor() {
    const nudge = {
      zadd: () => nudge,
      pexpire: () => nudge,
      exec: async () => {
        this.nudges += 1;
        if (this.nudgeFailure) throw this.nudgeFailure;
      },
    };
    const client = {
      zadd: async (key: string) => void this.handedBack.push(key),
      multi: () => nudge,
    };
    const owner: ReaderOwner = {
      client: client as unknown as RedisClient,
      runtime: this.time.runtime,
      duplicate: () => {
        const reader = new Reader();
        this.readers.push(reader);
        return reader as unknown as RedisClient;
      },
      report: (error) => void this.reports.push(String(error)),
      suspect: () => void (this.suspicions += 1),
      began: () => {},
      rested: () => void (this.rests += 1),
    };
    this.line = new WakeReader(owner);
  }

  /** Whether each waiter was woken, undefined while it waits. */
  wait(key: string, ms = WAIT_MS): { woken: boolean | undefined; cancel: () => void } {
    const { promise, cancel } = this.line.wait(key, ms);
    const waiter: { woken: boolean | undefined; cancel: () => void } = { woken: undefined, cancel };
    void promise.then((woken) => (waiter.woken = woken));
    return waiter;
  }

  get reader(): Reader {
    return this.readers.at(-1)!;
  }

  /** The keys that the last read waits for, without that which makes it return. */
  get keys(): unknown[] {
    return this.reader.reads.last.args.slice(0, -2);
  }
}

describe('the wake line of a process', () => {
  it('wakes one waiter of the queue whose marker came, the one that waits longest', async () => {
    const wakes = new Wakes();
    const [first, second, other] = [wakes.wait(A), wakes.wait(A), wakes.wait(B)];
    await settled();

    await wakes.reader.reads.last.answer([A, '1', '0']);

    expect([first.woken, second.woken, other.woken]).toEqual([true, undefined, undefined]);
    expect(wakes.keys).toEqual([A, B]);
  });

  it('waits for the markers of all queues in one read, which it leaves where it lacks one', async () => {
    const wakes = new Wakes();
    wakes.wait(A);
    await settled();
    wakes.wait(A);
    expect(wakes.nudges).toBe(0);

    wakes.wait(B);
    expect(wakes.nudges).toBe(1);
    await wakes.reader.reads.last.answer(['nudge', '1', '0']);

    expect(wakes.keys).toEqual([A, B]);
  });

  it('gives a read up that it cannot make return', async () => {
    const wakes = new Wakes();
    wakes.wait(A);
    await settled();
    wakes.nudgeFailure = new Error('refused');
    const waiter = wakes.wait(B);
    await wakes.time.pass(100);

    expect(wakes.readers[0]!.isGone).toBe(true);
    expect(waiter.woken).toBe(true);
  });

  it('hands a marker back that came for nobody', async () => {
    const wakes = new Wakes();
    const [gone] = [wakes.wait(A), wakes.wait(B)];
    await settled();
    gone.cancel();

    await wakes.reader.reads.last.answer([A, '1', '0']);

    expect(wakes.handedBack).toEqual([A]);
    expect(gone.woken).toBe(false);
  });

  it('lets each wait no longer than it asked for, while the read goes on for others', async () => {
    const wakes = new Wakes();
    const [short, long] = [wakes.wait(A, 100), wakes.wait(B, 900)];
    await settled();

    await wakes.time.pass(100);
    expect([short.woken, long.woken]).toEqual([false, undefined]);
    await wakes.time.pass(800);

    expect(long.woken).toBe(false);
    expect(wakes.reader.reads.made).toHaveLength(1);
  });

  it('survives a broken connection: all look for themselves, and the next read has a new client', async () => {
    const wakes = new Wakes();
    const waiters = [wakes.wait(A), wakes.wait(B)];
    await settled();

    wakes.reader.emit('close');
    await wakes.time.pass(100);

    expect(waiters.map(({ woken }) => woken)).toEqual([true, true]);
    expect([wakes.readers[0]!.isGone, wakes.suspicions, wakes.reports]).toEqual([true, 1, []]);
    wakes.wait(A);
    await settled();
    expect(wakes.readers).toHaveLength(2);
    expect(wakes.keys).toEqual([A]);
  });

  it('gives a read up whose answer is overdue', async () => {
    const wakes = new Wakes();
    const waiter = wakes.wait(A, 60_000);
    await settled();

    await wakes.time.pass(10_000 + 1999);
    expect(wakes.reader.isGone).toBe(false);
    await wakes.time.pass(1 + 100);

    expect(wakes.readers[0]!.isGone).toBe(true);
    expect(waiter.woken).toBe(true);
  });

  it('keeps its client where the server refuses to read, says so once, and tries again after a while', async () => {
    const wakes = new Wakes();
    for (let tries = 1; tries <= 3; tries += 1) {
      wakes.wait(A);
      await settled();
      await wakes.reader.reads.last.fail(new Error('NOPERM no rights'));
      expect(wakes.reader.reads.made).toHaveLength(tries);
      await wakes.time.pass(2000);
    }

    expect(wakes.readers).toHaveLength(1);
    expect(wakes.reports).toEqual(['Error: NOPERM no rights']);
  });

  it('rests while nobody waits', async () => {
    const wakes = new Wakes();
    wakes.wait(A);
    await settled();

    await wakes.reader.reads.last.answer([A, '1', '0']);

    expect([wakes.rests, wakes.line.isResting]).toEqual([1, true]);
  });

  it('lets all go when it is closed, and takes nobody on', async () => {
    const wakes = new Wakes();
    const waiter = wakes.wait(A);
    await settled();
    void wakes.line.stop();
    await wakes.time.pass(0);
    expect([waiter.woken, wakes.reader.isGone]).toEqual([false, true]);

    const late = wakes.wait(A);
    await settled();

    expect(late.woken).toBe(false);
    expect(wakes.readers).toHaveLength(1);
    expect(wakes.time.isSet).toBe(false);
  });
});
