import { branded } from './branded.js';

/**
 * Base of every error that Stepwell throws on purpose. `code` is stable, the message is for people. It is a number where BullMQ has
 * one for the same.
 */
export class StepwellError extends Error {
  constructor(
    message: string,
    readonly code: string | number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

branded(StepwellError, 'StepwellError');

/** An option or argument that cannot be used. Nothing was written. */
export class InvalidOptionError extends StepwellError {
  /**
   * @param option name of the option or argument
   * @param value what was given
   * @param fix what to give instead
   */
  constructor(
    readonly option: string,
    readonly value: unknown,
    fix: string,
  ) {
    super(`Invalid ${option}: ${shown(value)}. ${fix}`, 'INVALID_OPTION');
  }
}

/** Job data, a result or progress that JSON cannot hold. */
export class NotSerializableError extends StepwellError {
  constructor(what: string, cause: unknown) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    super(`${what} cannot be stored as JSON: ${reason}`, 'NOT_SERIALIZABLE', { cause });
  }
}

/**
 * What is stored cannot be read: another codec than the queue's wrote it, or it was changed by hand or by another program.
 */
export class UnreadableValueError extends StepwellError {
  /** @param cause what the codec threw, or in words what is wrong with the stored text, which itself is never shown */
  constructor(what: string, cause: unknown) {
    if (typeof cause === 'string') {
      super(`${what} cannot be read: ${cause}`, 'UNREADABLE_VALUE');
      return;
    }
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    super(`${what} cannot be read by the queue's codec: ${reason}`, 'UNREADABLE_VALUE', { cause });
  }
}

/** Job data over the `sizeLimit` of its options. */
export class DataTooLargeError extends StepwellError {
  constructor(bytes: number, limit: number) {
    super(
      `Job data has ${bytes} bytes, over its sizeLimit of ${limit}. Store it elsewhere and pass a reference.`,
      'DATA_TOO_LARGE',
    );
  }
}

/** A value that is more than Redis is to be sent in one piece. Nothing was written. */
export class ValueTooLargeError extends StepwellError {
  constructor(what: string, bytes: number, limit: number) {
    super(
      `${what} has ${bytes} bytes, over the limit of ${limit}. Store it elsewhere and pass a reference.`,
      'VALUE_TOO_LARGE',
    );
  }
}

/** The job is not in Redis: removed, or never there. */
export class JobNotFoundError extends StepwellError {
  constructor(
    readonly jobId: string,
    action: string,
  ) {
    super(`Cannot ${action} job ${jobId}: there is no such job.`, 'JOB_NOT_FOUND');
  }
}

/** The lock under which a job was being processed is gone, so nothing was written. */
export class LockLostError extends StepwellError {
  constructor(
    readonly jobId: string,
    action: string,
  ) {
    super(`Cannot ${action} job ${jobId}: its lock was lost, another run may hold it now.`, 'LOCK_LOST');
  }
}

/** The job is in a state in which the action makes no sense. */
export class WrongStateError extends StepwellError {
  constructor(
    readonly jobId: string,
    action: string,
    needed: string,
    subject = `job ${jobId}`,
  ) {
    super(`Cannot ${action} ${subject}: it is not ${needed}.`, 'WRONG_STATE');
  }
}

/** The job is the one that its scheduler is to bring next: without it the scheduler would stop. Nothing was written. */
export class JobOfSchedulerError extends StepwellError {
  constructor(readonly jobId: string) {
    super(
      `Job ${jobId} belongs to a job scheduler and cannot be removed directly. Use removeJobScheduler or pauseJobScheduler.`,
      -8,
    );
  }
}

/** A job keeps as many signals that no step has taken as it may: 1000 names. Nothing was written. */
export class TooManySignalsError extends StepwellError {
  constructor(
    readonly jobId: string,
    readonly signal: string,
  ) {
    super(
      `Cannot signal "${signal}" to job ${jobId}: it keeps 1000 other signals. Send those that belong together under one name.`,
      'TOO_MANY_SIGNALS',
    );
  }
}

/** The job names a limit that nobody has defined, and does not ask to wait for it with `awaitLimits`. Nothing was written. */
export class UnknownLimitError extends StepwellError {
  constructor(readonly limit: string) {
    super(
      `There is no limit ${limit}: define it with queue.setLimit or the queue's option limits, or add the job with awaitLimits.`,
      'UNKNOWN_LIMIT',
    );
  }
}

/** A queue has as many limits as it may: 1000. Nothing was written. */
export class TooManyLimitsError extends StepwellError {
  constructor(readonly limit: string) {
    super(
      `Cannot set the limit ${limit}: the queue has 1000 others. Remove one with removeLimit.`,
      'TOO_MANY_LIMITS',
    );
  }
}

/** There is no limit of that name. */
export class LimitNotFoundError extends StepwellError {
  constructor(
    readonly limit: string,
    action: string,
  ) {
    super(`Cannot ${action} the limit ${limit}: there is no such limit.`, 'LIMIT_NOT_FOUND');
  }
}

/** As many jobs wait in the group as the one to add allows, see `group.maxSize`. Nothing was written. */
export class GroupMaxSizeExceededError extends StepwellError {
  constructor(readonly groupId: string) {
    super(
      `The group ${groupId} is full: add the job later, or raise its group.maxSize.`,
      'GROUP_MAX_SIZE_EXCEEDED',
    );
  }
}

/** There is no job that could wait for the one to add. Nothing was written. */
export class MissingParentError extends StepwellError {
  constructor(readonly parentKey: string) {
    super(`There is no job ${parentKey} to be the parent.`, 'MISSING_PARENT');
  }
}

/** A job with the id to add is there, and is the child of another job. Nothing was written. */
export class ParentConflictError extends StepwellError {
  constructor(
    readonly jobId: string,
    readonly parentKey: string,
  ) {
    super(`Job ${jobId} is there already, and ${parentKey} waits for it.`, 'PARENT_CONFLICT');
  }
}

/** A job cannot complete while it has children that have not ended. */
export class PendingChildrenError extends StepwellError {
  constructor(readonly jobId: string) {
    super(
      `Cannot complete job ${jobId}: it has children that have not ended. Wait for them with moveToWaitingChildren.`,
      'PENDING_CHILDREN',
    );
  }
}

/** `waitUntilFinished` ran out of time. */
export class WaitTimeoutError extends StepwellError {
  constructor(
    readonly jobId: string,
    ttlMs: number,
  ) {
    super(`Job ${jobId} did not finish within ${ttlMs} ms.`, 'WAIT_TIMEOUT');
  }
}

/** A job that finished with a failure, as those who wait for it get it. */
export class JobFailedError extends StepwellError {
  constructor(
    readonly jobId: string,
    reason: string,
  ) {
    super(reason, 'JOB_FAILED');
  }
}

/** What is known of a call without a reply. */
export interface UnansweredOptions extends ErrorOptions {
  /** Whether what it was to write may be there. Default false. */
  mayBeWritten?: boolean;
}

/** Redis cannot be reached, or the connection broke before a reply came. */
export class ConnectionError extends StepwellError {
  /** False: nothing was written. True: it may or may not have been. */
  readonly mayBeWritten: boolean;

  constructor(
    message: string,
    { mayBeWritten = false, ...options }: UnansweredOptions = {},
    code = 'CONNECTION',
  ) {
    super(message, code, options);
    this.mayBeWritten = mayBeWritten;
  }
}

/**
 * Redis did not answer a call within its `callTimeout`. `mayBeWritten` says whether the call had been sent, so that what it
 * was to write may be there; `cause` is what went wrong last, where anything is known.
 */
export class CallTimeoutError extends ConnectionError {
  /**
   * @param timeoutMs the `callTimeout`
   * @param server what did not answer, such as `Redis at 127.0.0.1:6379`
   */
  constructor(timeoutMs: number, options: UnansweredOptions = {}, server = 'Redis') {
    const outcome = options.mayBeWritten
      ? 'What was to be written may be there, or not.'
      : 'Nothing was written.';
    const cause = options.cause instanceof Error ? `: ${options.cause.message}` : '';
    const text = `${server} did not answer for ${timeoutMs} ms (callTimeout)${cause}`;
    super(`${text.replace(/\.$/, '')}. ${outcome}`, options, 'CALL_TIMEOUT');
  }
}

/**
 * What was added is in Redis, and not on as many replicas as `durability` asks for: a failover now may lose it. It is not taken back;
 * with a `jobId` of your own an add can be repeated.
 */
export class NotReplicatedError extends StepwellError {
  /** It is there, on the server that was asked. */
  readonly mayBeWritten = true;

  constructor(
    readonly replicas: number,
    /** How many have it. */
    readonly reached: number,
    timeoutMs: number,
  ) {
    super(
      `What was written is on ${reached} of ${replicas} replicas after ${timeoutMs} ms (durability). It is there, and a failover may lose it.`,
      'NOT_REPLICATED',
    );
  }
}

/** Redis does not answer, and as many adds as the `backlog` allows wait for it. Nothing was written. */
export class BacklogFullError extends StepwellError {
  constructor(backlog: number) {
    super(
      `Redis does not answer, and ${backlog} adds wait for it already (backlog). Nothing was written: try again later.`,
      'BACKLOG_FULL',
    );
  }
}

/**
 * The queue, worker, flow producer, reader of events or connection was closed. Every call that is made afterwards is refused so, also
 * while others use the same connection.
 */
export class ConnectionClosedError extends StepwellError {
  /** False: nothing was written. True: it may or may not have been. */
  readonly mayBeWritten: boolean;

  constructor(
    message = 'The connection is closed.',
    { mayBeWritten = false, ...options }: UnansweredOptions = {},
  ) {
    super(message, 'CONNECTION_CLOSED', options);
    this.mayBeWritten = mayBeWritten;
  }
}

/** A worker or a reader of events cannot be started: it runs already, was closed, or has nothing to run. */
export class NotRunnableError extends StepwellError {
  constructor(message: string) {
    super(message, 'NOT_RUNNABLE');
  }
}

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

/** An error that Redis answered, without the arguments of the command. */
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

/** What a job that was cancelled without a reason fails for. */
export const CANCELLED = 'The job was cancelled.';

/**
 * Why a job's signal was aborted: `queue.cancel`, after which it fails for good, or `worker.cancelJob`. In a text it reads as the reason
 * alone.
 */
export class JobCancelledError extends StepwellError {
  /** What `cancel` or `cancelJob` was given. */
  readonly reason: string | undefined;

  /**
   * @param isFinal whether the job fails whatever attempts are left
   */
  constructor(
    reason?: string,
    readonly isFinal = false,
  ) {
    super(reason ?? CANCELLED, 'JOB_CANCELLED');
    this.reason = reason;
  }

  override toString(): string {
    return this.message;
  }
}

/** Why a job's signal was aborted: the worker is closing and its deadline has passed. */
export class WorkerClosingError extends StepwellError {
  constructor() {
    super('The worker is closing: the job is handed back.', 'WORKER_CLOSING');
  }
}

/** A consumer of events was too slow, and its buffer's `overflow` is `error`. */
export class EventOverflowError extends StepwellError {
  constructor(limit: number) {
    super(
      `More than ${limit} events wait for a slow consumer. Make it faster, raise limit, or let overflow drop some.`,
      'EVENT_OVERFLOW',
    );
  }
}

/** Why an attempt failed: it ran longer than the `ttl` of its worker. */
export class JobTimeoutError extends StepwellError {
  constructor(
    readonly jobId: string,
    ttlMs: number,
  ) {
    super(`Job ${jobId} ran longer than the ttl of ${ttlMs} ms.`, 'JOB_TIMEOUT');
  }
}

const MAX_SHOWN = 80;

function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > MAX_SHOWN ? `"${value.slice(0, MAX_SHOWN)}…"` : `"${value}"`;
  }
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : 'an object';
  }
  return typeof value === 'function' ? 'a function' : String(value);
}
