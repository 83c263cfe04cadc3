import { expect, it } from '@jest/globals';
import type { Job } from '../../lib/job/job.js';
import type { Runtime } from '../../lib/runtime/runtime.js';
import { AttemptPolicy } from '../../lib/worker/attempt-policy.js';

it('takes a strategy that never comes to an end for one that throws: a run holds its slot until then', async () => {
  let strike = (): void => {};
  const runtime = {
    random: () => 0,
    setTimer: (run: () => void) => {
      strike = run;
      return { cancel: () => {} };
    },
  } as unknown as Runtime;
  const errors: string[] = [];
  const settings = { backoffStrategy: () => new Promise<number>(() => {}) };
  const policy = new AttemptPolicy(
    { settings } as never,
    runtime,
    ({ message }) => void errors.push(message),
  );
  const job = { opts: { attempts: 3, backoff: { type: 'mine' } }, attemptsMade: 0, stacktrace: [] };

  const failure = policy.failure(job as unknown as Job, new Error('no'));
  strike();

  expect(await failure).toMatchObject({ reason: 'no', retryDelayMs: undefined });
  expect(errors).toEqual(['settings.backoffStrategy has not come to an end in 30000 ms.']);
});
