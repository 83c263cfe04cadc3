import { StepwellError } from './stepwell-error.js';

/** The Redis server is too old. */
export class RedisVersionError extends StepwellError {
  constructor(version: string, minimum: string) {
    super(`Redis ${version} is too old: Stepwell needs ${minimum} or newer.`, 'REDIS_VERSION');
  }
}

/** Redis may throw jobs away when its memory is full. */
export class RedisPolicyError extends StepwellError {
  constructor(readonly policy: string) {
    super(`Redis may evict jobs: its maxmemory-policy is ${policy}. Set it to noeviction.`, 'REDIS_POLICY');
  }
}

/** The user of Redis may not do all that Stepwell does. */
export class MissingRightsError extends StepwellError {
  /**
   * @param rule the line that gives them
   */
  constructor(
    readonly user: string,
    readonly commands: readonly string[],
    readonly keyPattern: string,
    readonly rule: string,
  ) {
    super(
      `The user ${user} of Redis may not run ${commands.join(', ')} on keys ${keyPattern}. Set: ${rule}`,
      'MISSING_RIGHTS',
    );
  }
}

/** An error that Redis replied, without the arguments of the command. */
export class RedisReplyError extends StepwellError {
  /**
   * @param isPassing whether it goes away by itself, as while Redis loads its data
   */
  constructor(
    message: string,
    readonly isPassing = false,
  ) {
    super(message, 'REDIS_REPLY');
  }
}

/** Redis has no memory left for what was to be written; nothing was. Running jobs can still end, which makes room. */
export class RedisOutOfMemoryError extends StepwellError {
  constructor() {
    super(
      'Redis is out of memory and refused the write: raise its maxmemory, or remove finished jobs ' +
        '(removeOnComplete, removeOnFail, queue.clean).',
      'REDIS_OUT_OF_MEMORY',
    );
  }
}
