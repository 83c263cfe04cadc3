import { describe, expect, it } from '@jest/globals';
import { randomQueueName } from '../support/queue-name.js';
import { built, sandboxApp } from './sandbox-app.js';

describe('processors in files of their own', () => {
  it.each(['processes', 'threads'])(
    'run in %s as with BullMQ',
    async (kind) => {
      const name = randomQueueName();
      const theirs = await sandboxApp('bullmq', 'sandbox-theirs', name, kind);
      expect(await sandboxApp(built, 'sandbox-ours', name, kind)).toEqual(theirs);
    },
    300_000,
  );
});
