import { StepwellError } from './stepwell-error.js';

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
 * Redis did not reply to a call within its `callTimeout`. `mayBeWritten` says whether the call had been sent, so that what it
 * was to write may be there; `cause` is what went wrong last, where anything is known.
 */
export class CallTimeoutError extends ConnectionError {
  /**
   * @param timeoutMs the `callTimeout`
   * @param server what did not reply, such as `Redis at 127.0.0.1:6379`
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

/** Redis does not reply, and as many adds as the `backlog` allows wait for it. Nothing was written. */
export class BacklogFullError extends StepwellError {
  constructor(backlog: number) {
    super(
      `Redis does not answer, and ${backlog} adds wait for it already (backlog). Nothing was written: try again later.`,
      'BACKLOG_FULL',
    );
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
