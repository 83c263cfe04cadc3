import { describe, expect, it } from '@jest/globals';
import { backoffDelay } from '../../lib/job/backoff.js';
import { failureOf } from '../../lib/job/job-failure.js';
import { UnrecoverableError } from '../../lib/job/special-errors.js';

const error = new Error('boo');
const delay = (backoff: Parameters<typeof backoffDelay>[0], made: number) =>
  backoffDelay(backoff, made, error, {});

describe('backoff', () => {
  it('is none, a fixed pause or a row that doubles', async () => {
    expect(await delay(undefined, 3)).toBe(0);
    expect(await delay(250, 3)).toBe(250);
    expect(await delay({ type: 'fixed', delay: 250 }, 3)).toBe(250);
    expect(
      await Promise.all([1, 2, 3, 4].map((made) => delay({ type: 'exponential', delay: 100 }, made))),
    ).toEqual([100, 200, 400, 800]);
    expect(await delay({ type: 'fixed' }, 1)).toBe(0);
  });

  it('with jitter stays between the part that is sure and the whole', async () => {
    for (let i = 0; i < 200; i += 1) {
      const pause = await delay({ type: 'exponential', delay: 100, jitter: 0.25 }, 2);
      expect(pause).toBeGreaterThanOrEqual(150);
      expect(pause).toBeLessThanOrEqual(200);
    }
  });

  it('never ends a job because its pause grew too long', async () => {
    const job = {
      opts: { attempts: 5000, backoff: { type: 'exponential', delay: 1000 } },
      attemptsMade: 2000,
      stacktrace: [],
    };
    const { retryDelayMs } = await failureOf(job, error);
    expect(retryDelayMs).toBeGreaterThan(0);
    expect(Number.isSafeInteger(retryDelayMs)).toBe(true);
    const idle = { ...job, opts: { attempts: 5000, backoff: { type: 'exponential', delay: 0 } } };
    expect((await failureOf(idle, error)).retryDelayMs).toBe(0);
  });
});

describe('what a failed attempt comes to', () => {
  const job = { opts: { attempts: 3 }, attemptsMade: 0, stacktrace: ['old'] };

  it('another try while attempts are left', async () => {
    expect(await failureOf(job, error)).toMatchObject({ reason: 'boo', retryDelayMs: 0, exhausted: false });
    expect(await failureOf({ ...job, attemptsMade: 2 }, error)).toMatchObject({
      retryDelayMs: undefined,
      exhausted: true,
    });
    expect(await failureOf({ ...job, opts: {} }, error)).toMatchObject({
      retryDelayMs: undefined,
      exhausted: true,
    });
  });

  it('the end for an UnrecoverableError', async () => {
    expect(await failureOf(job, new UnrecoverableError())).toMatchObject({
      retryDelayMs: undefined,
      exhausted: false,
    });
  });

  it('keeps the newest stack traces, each cut to 8 KiB', async () => {
    const long = Object.assign(new Error('x'), { stack: 'y'.repeat(20_000) });
    const { stack } = await failureOf({ ...job, opts: { stackTraceLimit: 1 } }, long);
    expect(stack).toEqual(['y'.repeat(8192)]);
  });
});
