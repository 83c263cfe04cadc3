import { describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { decodeEntry } from '../../lib/events/decode-entry.js';
import { NotSerializableError, RedisReplyError, ValueTooLargeError } from '../../lib/job/errors.js';
import { decodeBody, encodeBody } from '../../lib/job/job-body.js';
import { encodeJson } from '../../lib/job/json.js';
import { retentionText } from '../../lib/job/retention.js';
import { specialErrorKind, UnrecoverableError } from '../../lib/job/special-errors.js';
import { SafeEmitter } from '../../lib/runtime/safe-emitter.js';
import { connect } from '../../lib/redis/connections.js';
import { compareIds } from '../../lib/redis/event-stream-reader.js';
import { isBroken, isPassing, toStepwellError, withoutSecrets } from '../../lib/redis/redis-failure.js';
import { takesSignal } from '../../lib/worker/takes-signal.js';

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a body', () => {
  it.each(['null', '{}', '[]', '"a\\nb"', '{"a":"\\u2028"}'])('with the data %s comes back', (data) => {
    const opts = { attempts: 2, jobId: 'a:b' };
    expect(decodeBody(`123\n${encodeBody('näme', opts, data)}`)).toEqual({
      timestamp: 123,
      name: 'näme',
      opts,
      data,
    });
    expect(decodeBody(`123\n${encodeBody('n', {}, data)}`)).toEqual({
      timestamp: 123,
      name: 'n',
      opts: {},
      data,
    });
  });
});

describe('JSON', () => {
  it('never has a raw line break', () => {
    expect(encodeJson('x', { a: 'b\nc', '\n': '\r' }, '')).not.toMatch(/[\n\r]/);
  });

  it('stands in for what it leaves out', () => {
    expect(encodeJson('x', undefined, 'null')).toBe('null');
    expect(encodeJson('x', undefined, '{}')).toBe('{}');
  });

  it('that cannot be made is told, without the value', () => {
    const cycle: Record<string, unknown> = { secret: 'canary' };
    cycle.self = cycle;
    const bad = {
      toJSON: () => {
        throw new Error('first line\ncanary');
      },
    };
    for (const value of [cycle, { n: 1n }, bad]) {
      const error = thrownBy(() => encodeJson('Job data', value, '')) as Error;
      expect(error).toBeInstanceOf(NotSerializableError);
      expect(error.message).toMatch(/^Job data cannot be stored as JSON: /);
      expect(error.message).not.toContain('canary');
    }
  });
});

describe('retention', () => {
  it.each([
    [undefined, ''],
    [false, ''],
    [true, '0,,'],
    [0, '0,,'],
    [7, '7,,'],
    [{ count: 3 }, '3,,'],
    [{ age: 1.5 }, ',1500,'],
    [{ count: 0, age: 2, limit: 9 }, '0,2000,9'],
  ])('%p', (keep, text) => {
    expect(retentionText(keep)).toBe(text);
  });
});

describe('takesSignal', () => {
  it.each<[boolean, (...args: any[]) => unknown]>([
    [false, () => 1],
    [false, (job) => job],
    [false, async (job) => job],
    [false, async (job, token) => [job, token]],
    [true, (job, token, signal) => [job, token, signal]],
    [true, async (_job, _token, signal) => signal],
    [true, (...args) => args],
    [true, (job, token = 1, signal = 2) => [job, token, signal]],
    [
      true,
      function any(job) {
        return job;
      },
    ],
    [
      true,
      {
        method(job: unknown) {
          return job;
        },
      }.method,
    ],
    // oxlint-disable-next-line no-extra-bind -- a bound function does not show its parameters
    [true, ((job: unknown, _token: unknown, signal: unknown) => [job, signal]).bind(null)],
  ])('%p %p', (expected, processor) => {
    expect(takesSignal(processor)).toBe(expected);
  });
});

describe('special errors', () => {
  it('are known by class, by name and, for the rate limit, by message', () => {
    class Own extends UnrecoverableError {
      override name = 'Own';
    }
    expect(specialErrorKind(new Own())).toBe('unrecoverable');
    expect(specialErrorKind(Object.assign(new Error(''), { name: 'DelayedError' }))).toBe('delayed');
    expect(specialErrorKind(new Error('bullmq:rateLimitExceeded'))).toBe('rate-limit');
    expect(specialErrorKind(new Error('x'))).toBeUndefined();
    expect(specialErrorKind({ name: 'DelayedError' })).toBeUndefined();
    expect(specialErrorKind(Object.assign(new Error(''), { name: 'toString' }))).toBeUndefined();
  });
});

describe('an entry of the event stream', () => {
  it('holds runs of events, whose ids count on', () => {
    const events = decodeEntry('170-3', ['added', '1\tn\n2\tm\t999', 'unheard-of', 'x', 'drained', '']);
    expect(events).toEqual([
      { event: 'added', jobId: '1', name: 'n', id: '170-3-0', timestamp: 170 },
      { event: 'waiting', jobId: '1', id: '170-3-1', timestamp: 170 },
      { event: 'added', jobId: '2', name: 'm', id: '170-3-2', timestamp: 170 },
      { event: 'delayed', jobId: '2', delay: 999, id: '170-3-3', timestamp: 170 },
      { event: 'drained', id: '170-3-5', timestamp: 170 },
    ]);
  });

  it('may number its first event', () => {
    const ids = decodeEntry('170-3', ['#', '41', 'added', '1\tn', 'unheard-of', 'x\ny', 'drained', '']).map(
      ({ id }) => id,
    );
    expect(ids).toEqual(['170-3-41', '170-3-42', '170-3-45']);
  });

  it('has an id that is ordered by number', () => {
    expect(['10-2', '9-10', '10-10', '10-0'].toSorted(compareIds)).toEqual(['9-10', '10-0', '10-2', '10-10']);
  });
});

describe('errors of Redis', () => {
  it('are told apart', () => {
    for (const text of [
      'LOADING Redis is loading',
      "READONLY You can't write",
      'BUSY Redis is busy',
      'MISCONF x',
      'ERR x: -BUSY',
    ]) {
      expect(isPassing(new Error(text))).toBe(true);
    }
    for (const text of [
      'read ECONNRESET',
      'connect ECONNREFUSED 1.2.3.4:5',
      'Reached the max retries per request limit',
      'Too many Cluster redirections. Last error: Error: Connection is closed.',
      'Command aborted due to connection close',
    ]) {
      expect([isPassing(new Error(text)), isBroken(new Error(text))]).toEqual([false, true]);
    }
    for (const text of ['WRONGTYPE x', 'ERR unknown command', 'NOAUTH']) {
      expect([isPassing(new Error(text)), isBroken(new Error(text))]).toEqual([false, false]);
    }
  });

  it('lose the command that caused them', () => {
    const error = Object.assign(new Error('WRONGTYPE x'), { command: { name: 'set', args: ['canary'] } });
    const shown = toStepwellError(error);
    expect(shown).toBeInstanceOf(RedisReplyError);
    expect(JSON.stringify({ ...shown, message: shown.message, stack: shown.stack })).not.toContain('canary');
    expect(toStepwellError(shown)).toBe(shown);
  });

  it('lose passwords in addresses', () => {
    expect(withoutSecrets('connect to redis://me:secret@host:1/0 and rediss://:p%40@h')).toBe(
      'connect to redis://***@host:1/0 and rediss://***@h',
    );
  });
});

describe('connections', () => {
  it('are shared by equal options, whatever the order of their keys', async () => {
    const retryStrategy = (): number => 1;
    const options = { host: '127.0.0.1', port: 1, lazyConnect: true, retryStrategy };
    const one = connect(options);
    const same = connect({ lazyConnect: true, retryStrategy, port: 1, host: '127.0.0.1' });
    const others = [
      connect({ ...options, db: 1 }),
      connect({ ...options, password: 'x' }),
      connect({ ...options, retryStrategy: () => 1 }),
    ];
    expect(same).toBe(one);
    expect(new Set([one, ...others]).size).toBe(4);
    await Promise.all([one, same, ...others].map((connection) => connection.release()));
    const later = connect(options);
    expect(later).not.toBe(one);
    await later.release();
  });

  it('of a client are its own', async () => {
    const client = new Redis({ lazyConnect: true, port: 1, retryStrategy: () => null });
    client.on('error', () => {});
    const [one, same] = [connect(client), connect(client)];
    expect(same).toBe(one);
    expect(one.client).toBe(client);
    await Promise.all([one.release(), same.release()]);
    client.disconnect();
  });
});

describe('SafeEmitter', () => {
  it('goes on when a listener throws, and tells of it', async () => {
    const emitter = new SafeEmitter();
    const errors: unknown[] = [];
    emitter.on('error', (error) => errors.push(error));
    emitter.on('x', () => {
      throw new Error('sync');
    });
    emitter.on('x', async () => {
      throw new Error('async');
    });
    let reached = 0;
    emitter.once('x', () => (reached += 1));
    expect(emitter.emit('x')).toBe(true);
    emitter.emit('x');
    await new Promise(setImmediate);
    expect(reached).toBe(1);
    expect(errors.map((error) => (error as Error).message).sort()).toEqual([
      'async',
      'async',
      'sync',
      'sync',
    ]);
    expect(emitter.emit('nobody')).toBe(false);
  });

  it('warns where nobody listens for errors, and where an error listener throws', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const emitter = new SafeEmitter();
    emitter.emit('error', new Error('unheard'));
    emitter.on('error', () => {
      throw new Error('worse');
    });
    emitter.emit('error', new Error('heard'));
    expect(warn.mock.calls).toEqual([
      ['unheard', 'StepwellWarning'],
      ['worse', 'StepwellWarning'],
    ]);
    warn.mockRestore();
  });

  it('warns once of one error, such as an outage of a connection that several share', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const outage = new Error('away');
    for (const emitter of [new SafeEmitter(), new SafeEmitter()]) emitter.emit('error', outage);
    new SafeEmitter().emit('error', new Error('away'));
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });
});

describe('what JSON would lose', () => {
  class Line {
    private readonly text = 'x';
    shown(): string {
      return this.text;
    }
  }

  it.each<[string, unknown, string]>([
    ['a function', { a: { b: [0, () => 1] } }, 'function at a.b.1'],
    ['a symbol', [Symbol('s')], 'symbol at 0'],
    ['a map', { items: [{ tags: new Map([[1, 2]]) }] }, 'Map at items.0.tags'],
    ['a set', { a: new Set([1]) }, 'Set at a'],
    ['a promise', { a: Promise.resolve(1) }, 'Promise at a'],
    ['an error', { error: new Error('no') }, 'Error at error'],
    ['a map as a whole', new Map(), 'Map. '],
  ])('is refused, wherever it is: %s', (_what, value, place) => {
    expect(() => encodeJson('Job data', value, '{}')).toThrow(`nothing would be left of a ${place}`);
  });

  it.each<[string, unknown]>([
    ['plain values', { a: [1, null, undefined, 'x', true, {}, []], b: undefined }],
    [
      'what says itself what is kept',
      { at: new Date(0), url: new URL('http://x/'), own: { toJSON: () => 1 } },
    ],
    ['objects of a class', { line: new Line() }],
    ['an error with fields of its own', { error: Object.assign(new Error('no'), { code: 'E' }) }],
    ['objects without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ])('is none of these: %s', (_what, value) => {
    expect(encodeJson('Job data', value, '{}')).toBe(JSON.stringify(value));
  });

  it('is left to the codec of the queue', () => {
    const codec = { serialize: () => 'all', deserialize: () => 0 };
    expect(encodeJson('Job data', { a: new Map() }, '{}', codec)).toBe('"all"');
  });
});

describe('a value that is too large', () => {
  it('is refused: to send it would hold up all other calls', () => {
    const most = 'x'.repeat(16 * 1024 * 1024 - 2);
    expect(encodeJson('The result', most, 'null')).toHaveLength(16 * 1024 * 1024);
    expect(() => encodeJson('The result', `${most}x`, 'null')).toThrow(ValueTooLargeError);
    expect(() => encodeJson('The result', 'ä'.repeat(9 * 1024 * 1024), 'null')).toThrow(
      'over the limit of 16777216',
    );
  });
});
