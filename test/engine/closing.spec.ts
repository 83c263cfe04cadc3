import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  ConnectionClosedError,
  FlowProducer,
  Queue,
  QueueEventsProducer,
  type Job,
} from '../../lib/engine.js';
import { EngineLab } from '../support/engine-lab.js';

const lab = EngineLab.open({ expectedErrors: ['CONNECTION', 'CONNECTION_CLOSED'] });

type Closing = Queue | FlowProducer | QueueEventsProducer;

interface Kind {
  /** Opens one on a connection of its own. */
  open: () => Closing;
  /** A call that is made of one call of Redis. */
  call: (opened: any) => Promise<unknown>;
  /** One that is made of several, which follow one another. */
  long?: (opened: any) => Promise<unknown>;
}

const own = () => ({ connection: lab.connection({ connectionName: randomUUID() }), prefix: lab.prefix });

const child = (jobId: string) => ({ name: 'c', queueName: lab.name, opts: { jobId } });

const KINDS: Record<string, Kind> = {
  Queue: {
    open: () => lab.queue(own()),
    call: (queue: Queue) => queue.add('a', 0),
    long: (queue: Queue) => queue.drain().then(() => queue.remove('none')),
  },
  FlowProducer: {
    open: () => lab.flows(own()),
    call: (flows: FlowProducer) => flows.add({ name: 'a', queueName: lab.name }),
    // Looks first whose children they are.
    long: (flows: FlowProducer) =>
      flows.add({ name: 'p', queueName: lab.name, children: ['x', 'y', 'z'].map(child) }),
  },
  QueueEventsProducer: {
    open: () => new QueueEventsProducer(lab.name, own()),
    call: (producer: QueueEventsProducer) => producer.publishEvent({ eventName: 'hello' }),
  },
};

const STATES: Record<string, (opened: Closing) => Promise<unknown>> = {
  connecting: async () => {},
  ready: (opened) => opened.waitUntilReady(),
  reconnecting: async (opened) => {
    await opened.waitUntilReady();
    const { client } = (opened as any).connection;
    const gone = new Promise((resolve) => client.once('close', resolve));
    client.disconnect(true);
    await gone;
    expect(client.status).not.toBe('ready');
  },
};

const cases = Object.keys(KINDS).flatMap((kind) =>
  Object.keys(STATES).map((state) => [kind, state] as const),
);

describe('close waits for calls under way', () => {
  it.each(cases)('of a %s that is %s', async (kind, state) => {
    const { open, call, long } = KINDS[kind]!;
    const opened = open();
    await STATES[state]!(opened);
    const calls = [call(opened), ...(long ? [long(opened)] : [])].map((each) =>
      each.then(
        () => 'answered',
        (error: unknown) => error,
      ),
    );
    await opened.close();
    expect(await Promise.all(calls)).toEqual(calls.map(() => 'answered'));
  });

  it('at once where there are none, whatever the state', async () => {
    for (const { open } of Object.values(KINDS)) {
      const from = performance.now();
      await open().close();
      expect(performance.now() - from).toBeLessThan(1500);
    }
  });
});

/** Arguments that a method takes, where it needs some. */
const ARGUMENTS: Record<string, unknown[]> = {
  add: ['a', 0],
  addBulk: [[{ name: 'a', data: 0 }]],
  addJobLog: ['1', 'line'],
  addToStore: [{ id: '', spec: '', body: '' }],
  cancel: ['1'],
  cleanPlace: ['waiting', 0, 0],
  deleteGroup: ['g'],
  getCountsPerPriorityForGroup: ['g', [1]],
  getGroup: ['g'],
  getGroupActiveCount: ['g'],
  getGroupConcurrency: ['g'],
  getGroupJobs: ['g'],
  getGroupJobsCount: ['g'],
  getGroupRateLimit: ['g'],
  getGroupRateLimitTtl: ['g'],
  getGroupsByStatus: ['paused'],
  getGroupStatus: ['g'],
  pauseGroup: ['g'],
  rateLimitGroup: [{ gid: 'g' }, 1000],
  removeGroupConcurrency: ['g'],
  removeGroupRateLimit: ['g'],
  repairMaxedGroup: ['g'],
  resumeGroup: ['g'],
  setGroupConcurrency: ['g', 1],
  setGroupRateLimit: ['g', 1, 1000],
  changeLimit: ['l', { concurrency: 1 }],
  clean: [0, 0],
  getLimit: ['l'],
  pauseLimit: ['l'],
  removeLimit: ['l'],
  resumeLimit: ['l'],
  setGlobalConcurrency: [5],
  setGlobalRateLimit: [1, 1000],
  setLimit: ['l', { concurrency: 1 }],
  extendJobLocks: [['1'], ['t'], 1000],
  getCountsPerPriority: [[1]],
  getDeduplicationJobId: ['d'],
  getDependencies: ['1', 'pending', 0, -1],
  getFlow: [{ id: '1', queueName: 'q' }],
  getJob: ['1'],
  getJobLogs: ['1'],
  getJobScheduler: ['s'],
  getJobState: ['1'],
  getMetrics: ['completed'],
  pauseJobScheduler: ['s'],
  publishEvent: [{ eventName: 'hello' }],
  rateLimit: [1000],
  remove: ['1'],
  removeDeduplicationKey: ['d'],
  removeJobScheduler: ['s'],
  resumeJobScheduler: ['s'],
  runJobSchedulerNow: ['s'],
  signal: ['1', 'go'],
  storeLimit: ['stripe', { concurrency: 1 }],
  trimEvents: [10],
  updateJobProgress: ['1', 5],
  upsertJobScheduler: ['s', { every: 1000 }],
  changeDelay: [5],
  changePriority: [{ priority: 1 }],
  addChildren: [[{ name: 'c', queueName: 'q' }]],
  extendLock: ['t', 1000],
  log: ['line'],
  moveToCompleted: [1, 't'],
  moveToDelayed: [Date.now() + 1000, 't'],
  moveToFailed: [new Error('x'), 't'],
  moveToWait: ['t'],
  moveToWaitingChildren: ['t'],
  updateData: [1],
  updateProgress: [1],
};

/** Methods that ask nothing of Redis. */
const LOCAL = new Set(
  `constructor close disconnect on once off emit useDedup useLimits defineLimit limitsFor withLimits fetchNext expect
  asJSON toJSON discard isActive`.split(/\s+/),
);

/** All methods of an object that are its class's own or inherited from ours. */
function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (
    let at = Object.getPrototypeOf(object);
    at.constructor.name !== 'SafeEmitter' && at !== Object.prototype;
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function') names.add(name);
    }
    at = Object.getPrototypeOf(at);
  }
  return [...names].filter((name) => !LOCAL.has(name));
}

async function outcomes(
  object: any,
  names: readonly string[],
  args: Record<string, unknown[]> = {},
): Promise<Record<string, string>> {
  const found = await Promise.all(
    names.map(async (name) => {
      const outcome = await Promise.resolve()
        .then(() => object[name](...(args[name] ?? ARGUMENTS[name] ?? [])) as unknown)
        .then(
          (value) => `answered ${JSON.stringify(value)}`,
          (error: unknown) =>
            error instanceof ConnectionClosedError && !error.mayBeWritten ? 'refused' : String(error),
        );
      return [name, outcome] as const;
    }),
  );
  return Object.fromEntries(found);
}

const allRefused = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'refused']));

describe('what is closed refuses every call, also while others keep its connection', () => {
  it('a queue', async () => {
    const queue = lab.queue();
    await lab.queue().waitUntilReady();
    await queue.close();
    const hidden = new Set([
      'release',
      'addNow',
      'addBulkNow',
      'addChecked',
      'addEach',
      'addChild',
      'childNode',
      'attach',
      'added',
      'limited',
      'setLimits',
      'traceUpsert',
      'whenOwnLimitsSet',
    ]);
    const names = methodsOf(queue).filter((name) => !hidden.has(name));
    expect(names.length).toBeGreaterThan(50);
    expect(await outcomes(queue, names)).toEqual(allRefused(names));
    await expect(queue.client).rejects.toThrow(ConnectionClosedError);
  });

  it('a job of it', async () => {
    const queue = lab.queue();
    await lab.queue().waitUntilReady();
    const job = (await queue.getJob((await queue.add('a', 0)).id)) as Job;
    await queue.close();
    const names = ['getState', 'remove', 'promote', 'retry', 'changeDelay', 'changePriority', 'addChildren'];
    const more = [
      'log',
      'updateData',
      'updateProgress',
      'getSteps',
      'signal',
      'getChildrenValues',
      'moveToWait',
    ];
    const all = [...names, ...more, 'getDependencies', 'removeUnprocessedChildren', 'extendLock'];
    expect(await outcomes(job, all, { remove: [], getDependencies: [] })).toEqual(allRefused(all));
  });

  it('a flow producer and an events producer', async () => {
    const [flows, producer] = [lab.flows(), new QueueEventsProducer(lab.name, lab.queue().opts)];
    await Promise.all([flows.close(), producer.close()]);
    const names = ['add', 'addBulk', 'getFlow', 'waitUntilReady'];
    const flow = { name: 'a', queueName: lab.name };
    const args = { add: [flow], addBulk: [[flow, { ...flow, children: [flow] }]] };
    expect(await outcomes(flows, names, args)).toEqual(allRefused(names));
    const more = ['publishEvent', 'waitUntilReady'];
    expect(await outcomes(producer, more)).toEqual(allRefused(more));
  });

  it('a worker, which may be run no more', async () => {
    await lab.queue().waitUntilReady();
    const worker = lab.worker(null);
    await worker.close();
    const names = ['waitUntilReady', 'rateLimit', 'extendJobLocks', 'startStalledCheckTimer'];
    expect(await outcomes(worker, names)).toEqual(allRefused(names));
    expect(await worker.getNextJob('t')).toBeUndefined();
    await expect(worker.run()).rejects.toMatchObject({ code: 'NOT_RUNNABLE' });
  });

  it('waiting for a job: with events that are closed, or a queue that is', async () => {
    const queue = lab.queue();
    await lab.queue().waitUntilReady();
    const [events, others] = [await lab.events(), await lab.events()];
    const job = await queue.add('a', 0, { delay: 3_600_000 });
    await events.close();
    await expect(job.waitUntilFinished(events)).rejects.toThrow(ConnectionClosedError);
    const waiting = job.waitUntilFinished(others).catch((error: unknown) => error);
    await queue.close();
    expect(await waiting).toBeInstanceOf(ConnectionClosedError);
    await expect(job.waitUntilFinished(others)).rejects.toThrow(ConnectionClosedError);
  });
});
