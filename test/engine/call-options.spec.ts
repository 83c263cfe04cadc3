// oxlint-disable unicorn/no-thenable -- the name of an option of outcomes
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  FlowProducer,
  InvalidOptionError,
  type Job,
  Queue,
  QueueEvents,
  Worker,
  sleep,
  toSse,
  waitForChildren,
  waitForSignal,
} from '../../lib/index.js';
import { randomPrefix, randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

let queue: Queue;
let job: Job;
let flows: FlowProducer;
let events: QueueEvents;
let worker: Worker;

const base = { connection: testRedisUrl(), prefix: randomPrefix() };
const name = randomQueueName();

beforeAll(async () => {
  queue = new Queue(name, base);
  flows = new FlowProducer(base);
  events = new QueueEvents(name, { ...base, autorun: false });
  worker = new Worker(name, null, base);
  job = await queue.add('a', 0);
});

afterAll(async () => {
  await queue.obliterate({ force: true });
  await Promise.all([queue.close(), flows.close(), events.close(), worker.close()]);
});

const node = () => ({ name: 'a', queueName: name });

/** What takes options, with the names that it takes and values that are right. */
const CALLS: Record<string, [call: (options: any) => unknown, right: Record<string, unknown>]> = {
  'queue.remove': [(options) => queue.remove('none', options), { removeChildren: false }],
  'queue.obliterate': [(options) => queue.obliterate(options), { force: true, count: 5 }],
  'queue.retryJobs': [(options) => queue.retryJobs(options), { count: 5, state: 'failed', timestamp: 1 }],
  'queue.promoteJobs': [(options) => queue.promoteJobs(options), { count: 5 }],
  'queue.signal': [(options) => queue.signal(job.id, 'go', 1, options), { key: 'a' }],
  'job.signal': [(options) => job.signal('go', 1, options), { key: 'a' }],
  'job.changePriority': [(options) => job.changePriority(options), { priority: 1, lifo: true }],
  'job.getDependencies': [
    (options) => job.getDependencies(options),
    { processed: { cursor: 0, count: 5 }, unprocessed: {}, ignored: {}, failed: {} },
  ],
  'job.getDependencies processed': [
    (processed) => job.getDependencies({ processed }),
    { cursor: 0, count: 5 },
  ],
  'job.getDependenciesCount': [(options) => job.getDependenciesCount(options), { processed: true }],
  'worker.close': [
    async (options) => {
      const other = new Worker(name, null, base);
      await other.close(options).finally(() => other.close());
    },
    { timeoutMs: 5, handBack: false },
  ],
  'worker.getNextJob': [
    async (options) => {
      await queue.pause();
      await worker.getNextJob('t', options);
    },
    { block: false },
  ],
  'events.watch': [(options) => events.watch('1', options), { after: '', buffer: { limit: 5 } }],
  'events.watch buffer': [(buffer) => events.watch('1', { buffer }), { limit: 5, overflow: 'error' }],
  'events.follow': [(options) => events.follow(options), { after: '' }],
  toSse: [(options) => toSse(options), { heartbeat: 0, retry: 5, buffer: {} }],
  'flows.add': [(options) => flows.add(node(), options), { queuesOptions: {} }],
  'flows.add queuesOptions': [
    (own) => flows.add(node(), { queuesOptions: { [name]: own } }),
    { defaultJobOptions: { attempts: 2 } },
  ],
  'flows.add node': [(flow) => flows.add(flow), { ...node(), data: 1, prefix: base.prefix, opts: {} }],
  'flows.add child': [
    (child) => flows.add({ ...node(), children: [child] }),
    { ...node(), children: [node()] },
  ],
  'flows.getFlow': [(query) => flows.getFlow(query), { id: '1', queueName: name, depth: 2, maxChildren: 5 }],
  sleep: [(options) => sleep(5, options), { then: 'x', value: 1 }],
  waitForChildren: [(options) => waitForChildren(options), { then: 'x', value: 1 }],
  waitForSignal: [(options) => waitForSignal('x', options), { timeout: 5, then: 'x' }],
  'queue.add': [(options) => queue.add('a', 0, options), { delay: 3_600_000 }],
  'new Queue': [
    (options) => new Queue(name, { ...base, ...options }).close(),
    { callTimeout: 500, backlog: 5 },
  ],
  'new Worker': [(options) => new Worker(name, null, { ...base, ...options }).close(), { concurrency: 5 }],
};

async function refusal(call: () => unknown): Promise<InvalidOptionError> {
  const error: unknown = await Promise.resolve()
    .then(call)
    .then(
      () => new Error('It was accepted.'),
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(InvalidOptionError);
  return error as InvalidOptionError;
}

describe.each(Object.entries(CALLS))('the options of %s', (_what, [call, right]) => {
  it('are taken where they are right', async () => {
    const outcome: unknown = await Promise.resolve()
      .then(() => call(right))
      .catch((error: unknown) => error);
    // The job may be gone by then.
    expect(outcome).not.toBeInstanceOf(InvalidOptionError);
    expect(outcome).not.toBeInstanceOf(TypeError);
  });

  it('may have no name that is not known; the nearest one is named', async () => {
    for (const known of Object.keys(right)) {
      const mistyped = `${known.slice(0, -1)}${known.at(-1) === 'x' ? 'y' : 'x'}`;
      const { message } = await refusal(() => call({ ...right, [known]: undefined, [mistyped]: 'secret' }));
      expect(message).toContain(mistyped);
      // Of a short name one letter is too large a part.
      expect(message).toContain(known.length > 3 ? `Did you mean ${known}?` : 'Known options: ');
      expect(message).not.toContain('secret');
    }
  });

  it('may not have a name that every object has', async () => {
    for (const inherited of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      const { message } = await refusal(() => call({ ...right, [inherited]: 1 }));
      expect(message).toContain(inherited);
    }
    const { message } = await refusal(() => call(JSON.parse('{"__proto__":{"delay":5}}')));
    expect(message).toMatch(/^Invalid /);
  });
});

describe('what is no object where options are expected', () => {
  const SPREAD = new Set(['new Queue', 'new Worker']);
  const cases = Object.entries(CALLS).filter(([what]) => !SPREAD.has(what));

  it.each(cases)('is refused by %s', async (what, [call]) => {
    for (const none of [null, 'redis://:secret@x', 5, [1]]) {
      // No options may be said as null there, as they always could be; `true` and `false` have a meaning for close.
      if (none === null && what === 'queue.add') continue;
      if (none === null && what === 'job.getDependencies processed') continue;
      const { message } = await refusal(() => call(none));
      expect(message).toMatch(/Use (?:an object|\{)/);
    }
  });

  it('is refused by the constructors', async () => {
    const make: ((options: any) => unknown)[] = [
      (options) => new Queue(name, options),
      (options) => new Worker(name, null, options),
      (options) => new QueueEvents(name, options),
      (options) => new FlowProducer(options),
    ];
    for (const construct of make) {
      for (const none of [null, 'redis://:secret@x', 5, []]) {
        const { message } = await refusal(() => construct(none));
        expect(message).toContain('Use an object.');
        expect(message).not.toContain('secret');
      }
    }
  });
});

describe('what is no job', () => {
  it.each([undefined, null, 5, {}, ''])('%p is refused as an id', async (id: any) => {
    const calls = [
      () => queue.remove(id),
      () => queue.signal(id, 'go'),
      () => queue.cancel(id),
      () => queue.updateJobProgress(id, 1),
      () => queue.addJobLog(id, 'line'),
      () => events.watch(id),
      () => flows.getFlow({ id, queueName: name }),
    ];
    for (const call of calls) expect((await refusal(call)).option).toBe('job id');
  });

  it.each([[null], ['a'], [[null]], [[5]]])('%p is refused as a list of jobs', async (list: any) => {
    expect((await refusal(() => queue.addBulk(list))).option).toMatch(/^jobs/);
    expect((await refusal(() => flows.addBulk(list))).option).toMatch(/^flows/);
  });
});
