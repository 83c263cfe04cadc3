/** Exports of bullmq that `stepwell/bullmq` has not, by the reason. */
export const NOT_THERE: Readonly<Record<string, readonly string[]>> = {
  'It is for repeatable jobs of older versions, which are not read.': [
    ...['LEGACY_REPEATABLE_JOBS_MIGRATION_URL', 'isLegacyRepeatableJobKey', 'hasLegacyRepeatableKeyShape'],
    'getLegacyRepeatableJobError',
  ],
  'It is a part of how BullMQ runs processors in files of their own, which have their own part here.': [
    ...[
      'Child',
      'ChildPool',
      'ChildProcessor',
      'ChildCommand',
      'ParentCommand',
      'ChildMessage',
      'ParentMessage',
    ],
    ...['childSend', 'asyncSend', 'Receiver'],
  ],
  'It is a part of how BullMQ stores jobs, which is another here.': [
    ...[
      'AsyncFifoQueue',
      'Backoffs',
      'LockManager',
      'QueueKeys',
      'KeysMap',
      'RedisConnection',
      'RedisQueueBackend',
    ],
    ...['raw2NextJobData', 'RELAY_MINIMUM_REDIS_VERSION', 'RELAY_LAYOUT_VERSION', 'RedisRelayBackend'],
    ...['createRedisRelayBackend', 'Relay', 'RelayErrorCode', 'RelayError', 'checkRelayResult', 'ClientType'],
    ...['createRedisBackend', 'setDefaultBackendFactory', 'getDefaultBackendFactory', 'withBackend'],
    ...['createIORedisClient', 'isIRedisClient', 'createNodeRedisClient', 'createBunRedisClient'],
    ...['createValkeyGlideClient', 'optsDecodeMap', 'optsEncodeMap', 'QUEUE_EVENT_SUFFIX'],
    ...['clientCommandMessageReg', 'isRedisVersionLowerThan', 'trace', 'withDetachedContext'],
  ],
  'It is a helper that BullMQ has for itself: write it, or take it from a library of such.': [
    ...[
      'errorObject',
      'DELAY_TIME_5',
      'DELAY_TIME_1',
      'parseObjectValues',
      'errorToJSON',
      'toString',
      'tryCatch',
    ],
    ...['lengthInUtf8Bytes', 'isEmpty', 'array2obj', 'objectToFlatArray', 'forwardConnectionError'],
    ...['increaseMaxListeners', 'invertObject', 'isRedisInstance', 'isRedisCluster', 'decreaseMaxListeners'],
    ...['getParentKey', 'isNotConnectionError', 'removeUndefinedFields'],
  ],
  'There is no storage but Redis.': [
    ...['createPostgresBackend', 'PostgresConnection', 'PostgresQueueBackend', 'PostgresRelayBackend'],
    ...['createPostgresRelayBackend', 'runMigrations', 'assertSchemaCompatibility', 'isPgPool'],
    ...['SchemaMigrationRequiredError', 'SchemaVersionMismatchError', 'UnsupportedPostgresVersionError'],
    ...['assertPostgresVersion', 'MINIMUM_POSTGRES_VERSION', 'RECOMMENDED_POSTGRES_VERSION'],
    ...['BULLMQ_MAJOR_VERSION', 'MIGRATION_ADVISORY_LOCK_KEY', 'DEFAULT_SCHEMA', 'quoteSchemaName'],
    'LATEST_SCHEMA_VERSION',
  ],
};
