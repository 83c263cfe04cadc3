import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  type ConnectionOptions,
  FlowProducer,
  InvalidOptionError,
  Queue,
  QueueEvents,
  QueueEventsProducer,
  Worker,
} from '../../lib/engine.js';
import { checkJobOptions } from '../../lib/job/check-job-options.js';
import { checkJobId, checkJobName, checkPrefix, checkQueueName } from '../../lib/job/check.js';
import { nearestName } from '../../lib/job/known-names.js';
import { StepwellModule } from '../../lib/nest/stepwell.module.js';
import { readConnectionOptions } from '../../lib/redis/connection-options.js';
import { checkWorkerOptions } from '../../lib/worker/check-worker-options.js';

/** The error must name the option, show the value and say what to give instead. */
function refusal(call: () => unknown): InvalidOptionError {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const NO_NUMBER = [-1, NaN, Infinity, -Infinity, '5', null, {}, 5n, true];
const NO_COUNT = [...NO_NUMBER, 0.5];
const NO_FLAG = [0, 1, 'true', null, {}];
const NO_KEEP = [
  -1,
  NaN,
  0.5,
  'all',
  null,
  {},
  { count: -1 },
  { age: NaN },
  { count: 1, limit: -1 },
  { count: 1.5 },
  { count: '5' },
  { age: 1, limit: 0 },
  { age: 1, limit: 2.5 },
  { other: 1 },
];

describe('job options', () => {
  it.each<[string, unknown[], unknown[]]>([
    ['delay', NO_NUMBER, [0, 1.5, 1e12]],
    ['priority', [...NO_COUNT, 2 ** 21], [0, 1, 2 ** 21 - 1]],
    ['attempts', [...NO_COUNT, 0], [1, 1000]],
    ['timestamp', NO_NUMBER, [0, Date.now()]],
    ['keepLogs', NO_COUNT, [0, 5]],
    ['stackTraceLimit', NO_COUNT, [0, 5]],
    ['sizeLimit', NO_COUNT, [0, 5]],
    ['lifo', NO_FLAG, [true, false]],
    [
      'removeOnComplete',
      NO_KEEP,
      [true, false, 0, 5, { count: 0 }, { age: 0.5 }, { count: 3, age: 4, limit: 10 }],
    ],
    ['removeOnFail', NO_KEEP, [true, 7]],
    [
      'backoff',
      [
        -1,
        NaN,
        '5',
        null,
        {},
        { delay: 5 },
        { type: 5 },
        { type: 'fixed', delay: -1 },
        { type: 'fixed', jitter: 1.5 },
      ],
      [0, 5, { type: 'fixed' }, { type: 'exponential', delay: 5, jitter: 0.5 }, { type: 'mine' }],
    ],
    [
      'jobId',
      ['12', '-3', '0', 5, null, 'a\nb', 'a\tb', 'a\0', '\ud800', 'x'.repeat(8193), 'ä'.repeat(4097)],
      ['', 'a', 'a:b:c', '1a', '🦊', 'x'.repeat(8192)],
    ],
  ])('%s', (option, bad, good) => {
    for (const value of bad) {
      const error = refusal(() => checkJobOptions({ [option]: value }));
      expect(error.option).toMatch(new RegExp(`^${option}(\\.|$)`));
      expect(error.message).toContain(`Invalid ${error.option}: `);
      expect(error.message).toMatch(/\. (Use|Leave out|Whole numbers) .+\.$/);
      expect(error.code).toBe('INVALID_OPTION');
    }
    for (const value of [...good, undefined]) expect(checkJobOptions({ [option]: value })).toBeUndefined();
  });

  it('that are unknown are refused, with the known ones in the message', () => {
    const error = refusal(() => checkJobOptions({ retries: 3 } as object));
    expect(error.message).toContain('retries');
    expect(error.message).toContain('attempts');
  });
});

describe('worker options', () => {
  it.each<[string, unknown[], unknown[]]>([
    ['concurrency', [...NO_COUNT, 0], [1, 500]],
    ['autorun', NO_FLAG, [false]],
    ['lockDuration', [...NO_NUMBER, 0, 2 ** 31, 1000 / 3], [1, 60_000]],
    ['stalledInterval', [...NO_NUMBER, 0, 2 ** 31], [1]],
    ['skipLockRenewal', NO_FLAG, [true]],
    ['skipStalledCheck', NO_FLAG, [true]],
    ['maxStalledCount', NO_COUNT, [0, 3]],
    ['maxStartedAttempts', NO_COUNT, [0, 3]],
    ['drainDelay', [...NO_NUMBER, 0], [0.01, 5]],
    ['closeTimeout', [...NO_NUMBER, 2 ** 31], [0, 5]],
    ['maxEventBytes', [...NO_NUMBER, 0, 0.5], [1e9]],
    ['removeOnComplete', NO_KEEP, [true]],
    ['removeOnFail', NO_KEEP, [{ age: 3 }]],
    [
      'limiter',
      [
        ...[null, {}, { max: 0, duration: 1 }, { max: 1 }, { max: 1, duration: 0 }],
        ...[
          { max: 1.5, duration: 1 },
          { max: 1, duration: 1000 / 3 },
        ],
      ],
      [{ max: 1, duration: 1 }],
    ],
    ['name', [5, null, {}], ['me', '']],
    ['settings', [5, null, { backoffStrategy: 5 }], [{}, { backoffStrategy: () => 1 }]],
  ])('%s', (option, bad, good) => {
    for (const value of bad) {
      const error = refusal(() => checkWorkerOptions({ [option]: value }));
      expect(error.option).toMatch(new RegExp(`^${option}(\\.|$)`));
    }
    for (const value of [...good, undefined])
      expect(checkWorkerOptions({ [option]: value } as object)).toBeUndefined();
  });

  it('a lock must be renewed before it expires', () => {
    expect(refusal(() => checkWorkerOptions({ lockDuration: 100, lockRenewTime: 100 })).option).toBe(
      'lockRenewTime',
    );
    expect(refusal(() => checkWorkerOptions({ lockRenewTime: 30_000 })).option).toBe('lockRenewTime');
    checkWorkerOptions({ lockDuration: 100, lockRenewTime: 99 });
  });

  it('that are unknown are refused, and so is a processor that is no function', () => {
    expect(refusal(() => new Worker('q', null, { threads: 3 } as object)).message).toContain('threads');
    expect(refusal(() => new Worker('q', './file.js' as unknown as null)).option).toBe('processor');
  });
});

describe('queue options', () => {
  it.each<[string, object]>([
    ['attempts', { defaultJobOptions: { attempts: -1 } }],
    ['defaultJobOptions.jobId', { defaultJobOptions: { jobId: 'x' } }],
    ['streams.events.maxLen', { streams: { events: { maxLen: -1 } } }],
    ['prefix', { prefix: '' }],
    ['prefix', { prefix: '{a}{b}' }],
    ['connection', { connection: 5 }],
    ['connection', { connection: 'not a url' }],
    ['connection', { connection: 'http://localhost' }],
    ['connection', { connection: 'redis://localhost/first' }],
  ])('%s is refused before a connection is made', (option, opts) => {
    expect(refusal(() => new Queue('q', opts as { connection: ConnectionOptions })).option).toBe(option);
  });

  it('names that would break keys are refused everywhere', () => {
    for (const name of ['', 'a:b', 'a{b', 'a}b', 'a\nb', 5, undefined, '\udc00', 'x'.repeat(300)]) {
      for (const make of [
        () => new Queue(name as string),
        () => new Worker(name as string, null),
        () => new QueueEvents(name as string),
        () => checkQueueName(name),
      ]) {
        expect(refusal(make).option).toBe('queue name');
      }
    }
    for (const name of ['a', 'a b', 'ü', '*', '{a}', 'a{b}c']) checkQueueName(name);
    for (const prefix of ['a', 'a:b', '{tag}', 'a{tag}b']) checkPrefix(prefix);
    for (const name of ['', 'a\tb', 5]) expect(refusal(() => checkJobName(name)).option).toBe('job name');
    for (const id of ['a', 'a:b']) checkJobId(id);
  });

  it('a value that is long is cut in the message', () => {
    const error = refusal(() => checkJobId('x'.repeat(9000)));
    expect(error.message.length).toBeLessThan(200);
    expect(error.value).toHaveLength(9000);
  });
});

describe('an option that nobody knows is refused by name, wherever it is given', () => {
  it.each<[string, () => unknown, string]>([
    ['queue option', () => new Queue('q', { defaultJobOption: {} } as object), 'defaultJobOptions'],
    ['worker option', () => new Worker('q', null, { concurency: 3 } as object), 'concurrency'],
    ['QueueEvents option', () => new QueueEvents('q', { lastEventID: '0' } as object), 'lastEventId'],
    [
      'QueueEventsProducer option',
      () => new QueueEventsProducer('q', { conection: {} } as object),
      'connection',
    ],
    ['FlowProducer option', () => new FlowProducer({ prefixes: 'x' } as object), 'prefix'],
    ['connection.', () => new Queue('q', { connection: { hosts: 'x' } as object }), 'host'],
    ['limiter.', () => new Worker('q', null, { limiter: { max: 1, durations: 1 } as never }), 'duration'],
    [
      'settings.',
      () => new Worker('q', null, { settings: { backoffStrategies: 1 } as object }),
      'backoffStrategy',
    ],
    ['streams.', () => new Queue('q', { streams: { event: {} } as never }), 'events'],
    ['streams.events.', () => new Queue('q', { streams: { events: { maxlen: 1 } as never } }), 'maxLen'],
    ['job option', () => checkJobOptions({ attemps: 3 } as object), 'attempts'],
    ['backoff.', () => checkJobOptions({ backoff: { type: 'fixed', delays: 3 } as never }), 'delay'],
    ['removeOnFail.', () => checkJobOptions({ removeOnFail: { count: 3, ages: 3 } as never }), 'age'],
    ['deduplication.', () => checkJobOptions({ deduplication: { id: 'a', tll: 3 } as never }), 'ttl'],
    ['connection.', () => new Queue('q', { connection: { hots: 'canary' } as object }), 'host'],
    ['connection.', () => new Queue('q', { connection: { pasword: 'canary' } as object }), 'password'],
    ['connection query', () => new Queue('q', { connection: 'redis://h?pasword=canary' }), 'password'],
  ])('%s', (what, make, meant) => {
    const error = refusal(make);
    expect(error.option).toContain(what);
    expect(error.message).toContain(`Did you mean ${meant}?`);
    expect(inspect(error)).not.toContain('canary');
  });

  it.each([
    { url: 'redis://u:canary@h' },
    { host: 'canary' },
    { port: 6379 },
    { redis: { password: 'canary' } },
  ])('%o belongs into connection', (options) => {
    for (const make of [
      () => new Queue('q', options as object),
      () => StepwellModule.forRoot(options as object),
    ]) {
      const error = refusal(make);
      expect(error.message).toContain("Say it in connection: 'redis://127.0.0.1:6379'");
      expect(inspect(error)).not.toContain('canary');
    }
  });

  it('shows nothing of what an unknown name holds', () => {
    for (const value of ['canary', { of: 'canary' }, ['canary']]) {
      expect(inspect(refusal(() => StepwellModule.forRoot({ secret: value } as object)))).not.toContain(
        'canary',
      );
    }
  });

  it('and a name that is near to none is only listed', () => {
    expect(refusal(() => checkJobOptions({ repeatEvery: 3 } as object)).message).not.toContain(
      'Did you mean',
    );
    expect(nearestName('x', ['id', 'ttl'])).toBeUndefined();
    checkJobOptions({ unheardOf: undefined } as object);
  });
});

describe('a connection', () => {
  it.each([
    ['localhost', '"localhost"'],
    ['', '""'],
    ['http://x', '"http://x/"'],
    ['redis:/u:canary@h', '"…"'],
    ['u:canary@h:6379', '"…"'],
    ['://canary', '"…"'],
    ['redis://u:can@ary@h/x?password=canary', '"redis://h/x"'],
  ])('%s is shown, without a password', (connection, shown) => {
    const { message, value } = refusal(() => new Queue('q', { connection }));
    expect(message).toContain(shown);
    expect(message).toContain('Use a URL such as redis://');
    expect(`${message}${String(value)}`).not.toMatch(/canary|can@|ary@/);
  });

  it.each([
    [[]],
    [null],
    [{ url: 'h' }],
    [{ host: 5 }],
    [{ port: 0 }],
    [{ db: -1 }],
    ['redis://h?db=x'],
    ['redis://h?family=5'],
  ])('%j is refused', (connection) => {
    expect(refusal(() => new Queue('q', { connection: connection as never })).option).toMatch(/^connection/);
  });

  it('reads the query of a URL as ioredis does; what stands in the URL itself goes before it', () => {
    const read = (url: string) => readConnectionOptions(url);
    expect(read('redis://h:7?db=3&family=6&username=ada&password=p%26&connectionName=me')).toMatchObject({
      ...{ host: 'h', port: 7, db: 3, family: 6, username: 'ada', password: 'p&', connectionName: 'me' },
    });
    expect(read('rediss://a:b@[::1]/4?db=3&username=x')).toMatchObject({
      ...{ host: '::1', port: 6379, db: 4, username: 'a', password: 'b', tls: {} },
    });
    expect(readConnectionOptions({ url: 'redis://h?db=3', db: 5, port: 8 })).toMatchObject({
      port: 8,
      db: 5,
    });
  });
});

describe('options of calls', () => {
  it.each<[string, (opts: object) => unknown]>([
    ['Queue', (opts) => new Queue('q', opts)],
    ['QueueEvents', (opts) => new QueueEvents('q', opts)],
    ['QueueEventsProducer', (opts) => new QueueEventsProducer('q', opts)],
    ['FlowProducer', (opts) => new FlowProducer(opts)],
    ['Worker', (opts) => new Worker('q', null, opts)],
  ])('of a %s are checked before anything is connected', (_name, make) => {
    for (const callTimeout of [...NO_NUMBER, 0, 2 ** 31]) {
      expect(refusal(() => make({ callTimeout })).option).toBe('callTimeout');
    }
  });

  it.each<[string, (opts: object) => unknown]>([
    ['Queue', (opts) => new Queue('q', opts)],
    ['FlowProducer', (opts) => new FlowProducer(opts)],
  ])('a backlog of a %s is a whole number or Infinity', (_name, make) => {
    for (const backlog of NO_COUNT.filter((value) => value !== Infinity)) {
      expect(refusal(() => make({ backlog })).option).toBe('backlog');
    }
  });
});
