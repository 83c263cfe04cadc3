import { describe, expect, it } from '@jest/globals';
import type { EventStreamReader, StreamEntry, StreamReader } from '../../lib/redis/event-stream-reader.js';
import { Notices } from '../../lib/worker/notices.js';
import { StillTime } from '../support/still-time.js';

/** Notices of a stream that a test writes. */
class Board {
  readonly joined: [key: string, place: string][] = [];
  reader: StreamReader | undefined;
  limits = 0;
  readonly cancelled: string[][] = [];
  readonly notices = new Notices(
    new StillTime().runtime,
    'notices',
    () =>
      ({
        join: (key: string, place: string, reader: StreamReader) => {
          this.joined.push([key, place]);
          this.reader = reader;
        },
        leave: () => void (this.reader = undefined),
      }) as unknown as EventStreamReader,
    {
      limits: () => void (this.limits += 1),
      cancelled: (...run) => void this.cancelled.push(run),
    },
  );

  write(...fields: string[][]): void {
    this.reader?.entries(fields.map((each, i) => [`${i}-0`, each]) as StreamEntry[]);
  }
}

describe('the notices of a worker', () => {
  it('are read from the oldest that is kept, once', () => {
    const board = new Board();
    board.notices.start();
    board.notices.start();

    expect(board.joined).toEqual([['notices', '0-0']]);
  });

  it('have it look once for many changes of limits that come together', () => {
    const board = new Board();
    board.notices.start();
    board.write(['limits'], ['limits']);

    expect(board.limits).toBe(1);
  });

  it('name the run that was cancelled, whatever the reason has in it', () => {
    const board = new Board();
    board.notices.start();
    board.write(['cancel', 'job\tw:1\t{"reason":"a\\tb"}\tx']);

    expect(board.cancelled).toEqual([['job', 'w:1', '{"reason":"a\\tb"}\tx']]);
  });

  it('are kept in mind for a run that begins later, and for no other of that job', () => {
    const { notices, ...board } = new Board();
    notices.start();
    notices.entries([['1-0', ['cancel', 'job\tw:1\thow']]] as StreamEntry[]);

    expect(notices.cancelledBefore('job', 'w:1')).toBe('how');
    expect(notices.cancelledBefore('job', 'w:2')).toBeUndefined();
    expect(board.limits).toBe(0);
  });

  it('are kept in mind up to a bound, the newest', () => {
    const board = new Board();
    board.notices.start();
    board.write(...Array.from({ length: 1001 }, (_, i) => ['cancel', `${i}\tw:1\thow`]));

    expect(board.notices.cancelledBefore('0', 'w:1')).toBeUndefined();
    expect(board.notices.cancelledBefore('1', 'w:1')).toBe('how');
    expect(board.notices.cancelledBefore('1000', 'w:1')).toBe('how');
  });

  it('survive what a newer worker has to say: it means nothing here', () => {
    const board = new Board();
    board.notices.start();
    board.write(['weather', 'fine']);

    expect([board.limits, board.cancelled]).toEqual([0, []]);
  });

  it('survive a connection that broke: they are read anew', () => {
    const board = new Board();
    board.notices.start();
    board.reader?.restarted();

    expect(board.joined).toHaveLength(2);
  });

  it('are left at the stop, and not read again by a connection that comes back after it', () => {
    const board = new Board();
    board.notices.start();
    void board.notices.stop();
    board.notices.restarted();
    board.notices.start();

    expect(board.reader).toBeUndefined();
    expect(board.joined).toHaveLength(1);
  });
});
