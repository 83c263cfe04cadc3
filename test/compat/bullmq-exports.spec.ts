import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as nestTheirs from '@nestjs/bullmq';
import * as theirs from 'bullmq';
import * as ours from '../../lib/compat/bullmq/index.js';
import { NOT_THERE } from '../../lib/compat/migrate/not-there.js';

/** Types of BullMQ's inner parts, which no application names. */
const INNER_TYPES = [
  ...['AddNodeOpts', 'AddChildrenOpts', 'FlowJobEntry', 'FlowJobBase', 'BackendFactory', 'IQueueBackend'],
  ...['IConnection', 'IRedisClient', 'IRedisTransaction', 'KeyPrefixOptions', 'RedisKeyPrefixOptions'],
  ...[
    'LockManagerWorkerContext',
    'MinimalQueue',
    'MoveToDelayedOpts',
    'RetryJobOpts',
    'Parent',
    'ParentKeyOpts',
  ],
  ...[
    'StreamName',
    'EntryId',
    'EntryRaw',
    'StreamReadRaw',
    'ScriptQueueContext',
    'ClusterOptions',
    'BaseOptions',
  ],
  ...[
    'RedisConnectionClient',
    'CompressableJobOptions',
    'BuiltInStrategies',
    'RedisCommandArgument',
    'LockManagerOptions',
    'RawCommand',
    'JobData',
    'FinishedPropValAttribute',
    'DatabaseType',
  ],
];

const OF_COMMONJS = ['__esModule', 'default', 'module.exports'];

const notThere = Object.values(NOT_THERE).flat();
const root = dirname(dirname(createRequire(import.meta.url).resolve('bullmq')));

/** Names of types that the declarations of a folder export. */
async function typesIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.d.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/^export (?:declare )?(?:interface|type) (\w+)/gm)].map(([, name]) => name!),
  );
}

describe('stepwell/bullmq', () => {
  it('has every value that bullmq exports, but for those that are listed', () => {
    const missing = Object.keys(theirs).filter(
      (name) => !(name in ours) && !notThere.includes(name) && !OF_COMMONJS.includes(name),
    );
    expect(missing).toEqual([]);
  });

  it('lists nothing as missing that is there, or that bullmq has not', () => {
    expect(notThere.filter((name) => name in ours)).toEqual([]);
  });

  it('exports nothing that bullmq does not', () => {
    expect(Object.keys(ours).filter((name) => !(name in theirs))).toEqual([]);
  });

  it('has the same numbers and texts under the same names', () => {
    for (const [name, value] of Object.entries(theirs)) {
      if (!(name in ours) || typeof value === 'function') continue;
      expect([name, (ours as Record<string, unknown>)[name]]).toEqual([name, value]);
    }
  });

  it('has the types that applications name', async () => {
    const folders = ['classes', 'interfaces', 'types'].map((each) => join(root, 'esm', each));
    const names = (await Promise.all(folders.map(typesIn))).flat();
    const own = await Promise.all(
      ['index.ts', 'types.ts'].map((file) =>
        readFile(new URL(`../../lib/compat/bullmq/${file}`, import.meta.url), 'utf8'),
      ),
    );
    const isThere = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(own.join('\n'));
    const inner =
      /Relay|Backend|Glide|NodeRedis|Bun|Child|Pg|Redis.*Client|^I[A-Z]\w+Client|^NoInfer|^Default|^Extract/;
    const missing = names.filter(
      (name) =>
        !isThere(name) && !inner.test(name) && !INNER_TYPES.includes(name) && !notThere.includes(name),
    );
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe('members', () => {
  /** Not there yet, with the limits of whole queues; or of BullMQ's storage. */
  const LATER: Record<string, readonly string[]> = {
    Queue: [
      ...['jobScheduler', 'setGlobalConcurrency', 'setGlobalRateLimit', 'removeGlobalConcurrency'],
      ...[
        'removeGlobalRateLimit',
        'isMaxed',
        'getGlobalConcurrency',
        'getGlobalRateLimit',
        'recordJobCountsMetric',
      ],
      ...['addJob', 'sanitizeJobTypes', 'commandByType', 'parseClientList', 'baseGetClients'],
    ],
    Worker: ['jobScheduler', 'delay', 'minimumBlockTimeout', 'maximumBlockTimeout', 'processJob'],
    Job: ['addJob', 'toFlowEntry', 'createBackend', 'isInState'],
    QueueEvents: [],
    FlowProducer: [],
    QueueEventsProducer: [],
  };
  const OF_STORAGE = [
    ...[
      'getBackend',
      'createBackend',
      'Job',
      'emit',
      'base64Name',
      'clientName',
      'checkConnectionError',
      'trace',
    ],
    ...['createLockManager', 'createSandbox', 'callProcessJob', 'createJob', 'waitForRateLimit', 'mainLoop'],
    ...['_getNextJob', 'isRateLimited', 'moveToActive', 'waitForJob', 'getBlockTimeout', 'getRateLimitDelay'],
    ...[
      'updateDelays',
      'nextJobFromJobData',
      'handleCompleted',
      'handleFailed',
      'stalledChecker',
      'retryIfFailed',
    ],
    ...[
      'whenCurrentJobsFinished',
      'moveStalledJobsToWait',
      'moveLimitedBackToWait',
      'getUnrecoverableErrorMessage',
    ],
    ...[
      'consumeEvents',
      'disconnect',
      'addNode',
      'addNodes',
      'getNode',
      'addChildren',
      'getChildren',
      'queueFromNode',
    ],
    ...['shouldRetryJob', 'getSpanOperation', 'recordJobMetrics', 'validateOptions', 'updateStacktrace'],
    ...['setSpanJobAttributes', 'constructor', 'on', 'off', 'once', 'collectFlowEntry', 'validateFlowJobs'],
    'toFlowError',
  ];

  function membersOf(type: { prototype: object }): string[] {
    const names = new Set<string>();
    for (let at = type.prototype; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
      if (Object.hasOwn(at, 'setMaxListeners')) break;
      Object.getOwnPropertyNames(at).forEach((name) => names.add(name));
    }
    return [...names];
  }

  it.each(Object.keys(LATER))('of %s', (name) => {
    const own = membersOf((ours as never)[name]);
    const missing = membersOf((theirs as never)[name]).filter(
      (member) => !own.includes(member) && !OF_STORAGE.includes(member) && !LATER[name]!.includes(member),
    );
    expect(missing).toEqual([]);
  });
});

describe('the page on migration', () => {
  const page = new URL('../../docs/guides/migration.md', import.meta.url);

  it('says what becomes of every export of both packages', async () => {
    const text = await readFile(page, 'utf8');
    const names = [...Object.keys(theirs), ...Object.keys(nestTheirs)].filter(
      (name) => !OF_COMMONJS.includes(name),
    );
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('says what becomes of every option', async () => {
    const text = await readFile(page, 'utf8');
    const files = [
      'worker-options',
      'queue-options',
      'base-job-options',
      'sandboxed-options',
      'advanced-options',
    ];
    const texts = await Promise.all(
      files.map((file) => readFile(join(root, 'esm', 'interfaces', `${file}.d.ts`), 'utf8')),
    );
    const options = texts.flatMap((each) => [...each.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name!));
    const inner = ['repeatJobKey', 'prevMillis', 'events', 'block'];
    expect(options.length).toBeGreaterThan(40);
    expect(
      options.filter((name) => !new RegExp(`\\b${name}\\b`).test(text) && !inner.includes(name)),
    ).toEqual([]);
  });
});
