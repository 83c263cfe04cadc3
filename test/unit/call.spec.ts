import { EventEmitter } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { CallTimeoutError, ConnectionClosedError, RedisReplyError } from '../../lib/engine.js';
import type { RedisClient } from '../../lib/redis/client.js';
import { ReadyGate } from '../../lib/redis/ready-gate.js';
import { toStepwellError } from '../../lib/redis/redis-failure.js';
import { systemRuntime } from '../../lib/runtime/system-runtime.js';
import { Calls } from '../../lib/store/calls.js';
import { Patience } from '../../lib/store/patience.js';

class FakeClient extends EventEmitter {
  constructor(public status = 'ready') {
    super();
  }

  become(status: string): void {
    this.status = status;
    this.emit(status);
  }
}

function open({ limitMs = 100, status = 'ready' } = {}) {
  const client = new FakeClient(status);
  const maker = { client: client as unknown as RedisClient, runtime: systemRuntime };
  const calls = new Calls(maker, new Patience(systemRuntime, limitMs));
  /** Fails with these, then is answered; or for ever with the last one. */
  const failing = (...texts: string[]) => {
    let tries = 0;
    return {
      attempt: async (): Promise<string> => {
        const text = texts[tries];
        tries += 1;
        if (text === undefined) return 'answer';
        throw toStepwellError(new Error(text), client);
      },
      get tries() {
        return tries;
      },
    };
  };
  return { client, calls, failing };
}

const never = (): Promise<never> => new Promise(() => {});

async function reason(call: Promise<unknown>): Promise<any> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const busy = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

describe('a call', () => {
  it.each([
    'LOADING Redis is loading the dataset in memory',
    "READONLY You can't write against a read only replica.",
    'BUSY Redis is busy running a script.',
    'CLUSTERDOWN The cluster is down',
    'Too many Cluster redirections. Last error: Error: Connection is closed.',
    'Connection is closed.',
    'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.',
    "Stream isn't writeable and enableOfflineQueue options is false",
    "Cluster isn't ready and enableOfflineQueue options is false",
    'Command timed out',
  ])('is made again after: %s', async (text) => {
    const { calls, failing } = open({ limitMs: 10_000 });
    for (const kind of ['read', 'repeatable'] as const) {
      const fake = failing(text, text);
      expect(await calls[kind](fake.attempt)).toBe('answer');
      expect(fake.tries).toBe(3);
    }
  });

  it('is not made again after what stays so', async () => {
    const { calls, failing } = open({ limitMs: 10_000 });
    const fake = failing('NOPERM this user has no permissions');
    expect(await reason(calls.repeatable(fake.attempt))).toBeInstanceOf(RedisReplyError);
    expect(fake.tries).toBe(1);
  });

  it('that is refused each time has written nothing when its time is over', async () => {
    const { calls, failing } = open();
    const fake = failing(...Array.from({ length: 100 }, () => "READONLY You can't write"));
    const error = await reason(calls.numbered(fake.attempt));
    expect(error).toBeInstanceOf(CallTimeoutError);
    expect(error).toMatchObject({
      mayBeWritten: false,
      cause: { message: expect.stringMatching(/READONLY/) },
    });
    expect(fake.tries).toBeGreaterThan(1);
  });

  it('may have written once its answer was lost, whatever follows', async () => {
    const { calls, failing } = open();
    const fake = failing('read ECONNRESET', ...Array.from({ length: 100 }, () => 'LOADING Redis'));
    expect(await reason(calls.numbered(fake.attempt))).toMatchObject({ mayBeWritten: true });
    expect(await reason(calls.read(never))).toMatchObject({ code: 'CALL_TIMEOUT', mayBeWritten: false });
  });

  it('is not sent while the client is not connected, nor later when it was given up', async () => {
    const { client, calls, failing } = open({ status: 'reconnecting' });
    const late = failing();
    expect(await reason(calls.repeatable(late.attempt))).toMatchObject({
      code: 'CALL_TIMEOUT',
      mayBeWritten: false,
    });
    const inTime = failing();
    const call = calls.repeatable(inTime.attempt);
    client.become('ready');
    expect(await call).toBe('answer');
    expect([late.tries, inTime.tries]).toEqual([0, 1]);
    expect(client.listenerCount('ready') + client.listenerCount('end')).toBe(0);
  });

  it('ends when the client is closed for good', async () => {
    const { client, calls, failing } = open({ status: 'reconnecting', limitMs: 60_000 });
    const waiting = reason(calls.repeatable(failing().attempt));
    client.become('end');
    expect(await waiting).toBeInstanceOf(ConnectionClosedError);
    expect(await waiting).toMatchObject({ mayBeWritten: false });
    // Some clients tell nobody.
    const silent = open({ status: 'reconnecting', limitMs: 60_000 });
    const other = reason(silent.calls.repeatable(silent.failing().attempt));
    ReadyGate.of(silent.client as unknown as RedisClient).close();
    expect(await other).toBeInstanceOf(ConnectionClosedError);
  });

  it('is rejected when its owner closes, and nobody is waited for then', async () => {
    const { calls } = open({ limitMs: 60_000 });
    const outcomes = [calls.read(never), calls.repeatable(never)].map(reason);
    calls.close('The queue was closed.');
    expect((await Promise.all(outcomes)).map(({ code, mayBeWritten }) => [code, mayBeWritten])).toEqual([
      ['CONNECTION_CLOSED', false],
      ['CONNECTION_CLOSED', true],
    ]);
    await calls.idle();
  });

  it('keeps its session as long as it may be on its way', async () => {
    const { calls } = open();
    const writers: string[] = [];
    let answer!: (value: string) => void;
    const late = calls.numbered(({ writer }) => {
      writers.push(writer);
      return new Promise<string>((resolve) => (answer = resolve));
    });
    await reason(late);
    const note = async ({ writer }: { writer: string }) => void writers.push(writer);
    await calls.numbered(note);
    answer('late');
    await new Promise((resolve) => setImmediate(resolve));
    await calls.numbered(note);
    const [first, second, third] = writers;
    expect(second).not.toBe(first);
    // Free again, and the one that was last in use.
    expect(third).toBe(first);
  });

  it('is not given up because this process was held up', async () => {
    const { calls } = open({ limitMs: 100 });
    const file = fileURLToPath(import.meta.url);
    const call = calls.read(() => readFile(file, 'utf8'));
    busy(600);
    expect(await call).toContain('held up');
  });
});
