import { describe, expect, it } from '@jest/globals';
import { randomQueueName } from '../support/queue-name.js';
import { built, sandboxApp } from './sandbox-app.js';

/** What BullMQ says; sandbox.slow.spec.ts holds the two against each other. */
const EXPECTED = {
  all: { value: { data: 'as stored', queue: true, from: 'options' } },
  stored: [40, { pid: 0, seen: true }, { logs: ['from the file'], count: 1 }],
  bad: { error: 'as told' },
  hopeless: { error: 'for good' },
  later: { value: 'later' },
  crash: { error: 'Unexpected exit code: 3 signal: null' },
  after: { error: 'as told' },
  cancelJob: true,
  cancelled: { error: 'cancelled no more' },
  children: { value: [[]] },
  reused: true,
  plain: { value: 'cjs p' },
  nothing: { error: 'No function is exported in processor file' },
  missing: 'refused',
  errors: [],
};

describe('processors in files of their own', () => {
  it.each(['processes', 'threads'])(
    'run in %s',
    async (kind) => {
      expect(await sandboxApp(built, 'sandbox-ours', randomQueueName(), kind)).toMatchObject(EXPECTED);
    },
    150_000,
  );
});
