import { describe, expect, it, jest } from '@jest/globals';
import type { Flight } from '../../lib/store/flight.js';
import { GroupCommit, type GroupLimits } from '../../lib/store/group-commit.js';
import { Patience } from '../../lib/store/patience.js';
import { settled, StillTime } from '../support/still-time.js';

const LIMIT_MS = 1000;

interface Sent {
  entries: readonly string[];
  number: string;
  answer: () => Promise<void>;
  break: () => Promise<void>;
}

/** A group whose calls a test answers, in a time that stands still. */
class Group {
  readonly time = new StillTime();
  readonly sent: Sent[] = [];
  readonly failed: string[] = [];
  readonly group: GroupCommit<string>;

  constructor(limits: Partial<GroupLimits<string>> = {}) {
    this.group = new GroupCommit<string>(
      (session, flight) => this.send(`${session.writer.split('.')[1]}:${session.next()}`, flight),
      (entry, error) => void this.failed.push(`${entry} ${error.name}`),
      new Patience(this.time.runtime, LIMIT_MS),
      { sessions: 2, entries: () => 3, bytes: 100, ...limits },
    );
  }

  push(...entries: string[]): void {
    entries.forEach((entry) => this.group.push(entry, 1));
  }

  get calls(): string[] {
    return this.sent.map(({ entries }) => entries.join(''));
  }

  private send(number: string, { entries }: Flight<string>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.sent.push({
        entries,
        number,
        answer: () => (resolve(), settled()),
        break: () => (reject(new Error('a fault of ours')), settled()),
      });
    });
  }
}

describe('a group commit', () => {
  it('sends what comes in one turn in one call, and what comes later in the next', async () => {
    const group = new Group();
    group.push('a', 'b');
    await settled();
    group.push('c');
    await settled();

    expect(group.calls).toEqual(['ab', 'c']);
  });

  it('sends a full call at once', () => {
    const group = new Group();
    group.push('a', 'b', 'c', 'd');

    expect(group.calls).toEqual(['abc']);
  });

  it('sends what comes idly with what comes next, or at the next turn of the loop', async () => {
    const group = new Group();
    group.group.pushIdly('a', 1);
    await Promise.resolve();
    await Promise.resolve();
    expect(group.calls).toEqual([]);
    group.push('b');
    await Promise.resolve();
    expect(group.calls).toEqual(['ab']);

    group.group.pushIdly('c', 1);
    group.group.hurry();
    await Promise.resolve();
    expect(group.calls).toEqual(['ab', 'c']);

    await group.sent[0]!.answer();
    group.group.pushIdly('d', 1);
    expect(group.group.isIdle).toBe(false);
    await group.time.runtime.soonDone();
    await settled();
    expect(group.calls).toEqual(['ab', 'c', 'd']);
  });

  it('sends no more bytes in a call than may be, but one entry at least', async () => {
    const group = new Group({ entries: () => 100 });
    group.group.push('a', 60);
    group.group.push('b', 60);
    group.group.push('c', 500);
    await settled();
    await group.time.runtime.soonDone();
    await group.sent[0]!.answer();

    expect(group.calls).toEqual(['a', 'b', 'c']);
  });

  it('gathers while all sessions are busy, and sends that when a call ends', async () => {
    const group = new Group();
    group.push('a');
    await settled();
    group.push('b');
    await settled();
    group.push('c');
    await settled();
    group.push('d');
    expect(group.calls).toEqual(['a', 'b']);

    await group.sent[1]!.answer();

    expect(group.calls).toEqual(['a', 'b', 'cd']);
    expect(group.sent.map(({ number }) => number)).toEqual(['1:1', '2:1', '2:2']);
  });

  it('makes a call that is asked for without entries, once', async () => {
    const group = new Group();
    group.group.poke();
    group.group.poke();
    await settled();
    expect(group.calls).toEqual(['']);

    await group.sent[0]!.answer();

    expect(group.calls).toEqual(['']);
  });

  it('is idle when nothing is pending or on its way, and says so to all who wait', async () => {
    const group = new Group();
    group.push('a');
    const told: string[] = [];
    for (const who of ['x', 'y']) void group.group.idle().then(() => told.push(who));
    await settled();
    expect(told).toEqual([]);

    await group.sent[0]!.answer();

    expect(told).toEqual(['x', 'y']);
    expect(group.group.isIdle).toBe(true);
  });

  it('gives up what a silent Redis leaves unanswered, the session of which stays taken', async () => {
    const group = new Group({ sessions: 1 });
    group.push('a');
    await group.time.pass(LIMIT_MS * 1.2);
    expect(group.failed).toEqual(['a CallTimeoutError']);
    expect(group.group.isIdle).toBe(true);

    group.push('b');
    await settled();
    expect(group.calls).toEqual(['a']);
    await group.sent[0]!.answer();

    expect(group.calls).toEqual(['a', 'b']);
  });

  it('keeps what has to wait for its turn while others are answered', async () => {
    const group = new Group({ sessions: 1, entries: () => 1 });
    group.push(...'abcdefg');
    for (let i = 0; i < 6; i += 1) {
      await group.time.pass(LIMIT_MS / 2);
      await group.sent[i]!.answer();
    }

    expect(group.failed).toEqual([]);
    expect(group.calls).toEqual([...'abcdefg']);
  });

  it('keeps for ever what has no patience, until it is closed', async () => {
    const group = new Group({ sessions: 1 });
    group.push('a');
    await settled();
    group.group.push('b', 1, false);
    await group.time.pass(LIMIT_MS * 10);
    expect(group.failed).toEqual(['a CallTimeoutError']);

    group.group.close('closed');

    expect(group.failed).toEqual(['a CallTimeoutError', 'b ConnectionClosedError']);
  });

  it('is full when enough waits for a Redis that is silent, and not for one that is busy', async () => {
    const group = new Group({ sessions: 1, entries: () => 2 });
    group.push('a', 'b', 'c');
    expect(group.group.isFull(3)).toBe(false);

    await group.time.pass(LIMIT_MS / 2);
    expect([group.group.isFull(3), group.group.isFull(4)]).toEqual([true, false]);
    await group.sent[0]!.answer();

    expect(group.group.isFull(1)).toBe(false);
  });

  it('gives up all but guests on their way when it is closed', async () => {
    const group = new Group({ sessions: 1, entries: () => 2, isGuest: (entry) => entry === 'a' });
    group.push('a', 'b', 'c');
    await settled();

    group.group.close('closed');

    expect(group.failed).toEqual(['c ConnectionClosedError', 'b ConnectionClosedError']);
    expect(group.group.isIdle).toBe(false);
    await group.sent[0]!.answer();
    expect(group.group.isIdle).toBe(true);
  });

  it('takes an entry back that is not on its way, and says when it is too late', async () => {
    const group = new Group({ sessions: 1 });
    group.push('a');
    await settled();
    group.push('b');

    expect([group.group.withdraw('a'), group.group.withdraw('b')]).toEqual([false, true]);
    await group.sent[0]!.answer();

    expect(group.calls).toEqual(['a']);
    expect(group.failed).toEqual(['b ConnectionError']);
  });

  it('survives a fault of its own: the session is free again, and what gathered goes out', async () => {
    const group = new Group({ sessions: 1 });
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue();
    group.push('a');
    await settled();
    group.push('b');

    await group.sent[0]!.break();

    expect(group.calls).toEqual(['a', 'b']);
    expect(warn).toHaveBeenCalledWith(new Error('a fault of ours'));
    warn.mockRestore();
  });
});
