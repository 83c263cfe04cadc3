import { describe, expect, it } from '@jest/globals';
import { randomQueueName } from '../support/queue-name.js';
import { Worker } from '../../lib/engine.js';
import { testRedisUrl } from '../support/redis.js';
import { built, builtEngine, sandboxApp } from './sandbox-app.js';

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
  it.each([
    ['processes', 'stepwell/bullmq', built],
    ['threads', 'stepwell/bullmq', built],
    ['processes', 'stepwell/engine', builtEngine],
    ['threads', 'stepwell/engine', builtEngine],
  ])(
    'run in %s of %s',
    async (kind, _name, entry) => {
      expect(await sandboxApp(entry, 'sandbox-ours', randomQueueName(), kind)).toMatchObject(EXPECTED);
    },
    150_000,
  );

  it('are files that are there, of jobs one by one, and alone have options of children', () => {
    const opts = { connection: testRedisUrl(), autorun: false };
    const file = new URL('./sandbox/plain.cjs', import.meta.url);
    const make = (processor: never, more: object) => () => new Worker('q', processor, { ...opts, ...more });
    expect(make('./none.js' as never, {})).toThrow('There is no such file.');
    expect(make(file as never, { batch: { size: 2 } })).toThrow('Invalid batch');
    expect(make((() => 1) as never, { useWorkerThreads: true })).toThrow('Invalid useWorkerThreads');
    expect(make(null as never, { workerForkOptions: {} })).toThrow('it is for a processor in a file');
    expect(make(5 as never, {})).toThrow('Use a function, or the path or URL of a file.');
  });
});
