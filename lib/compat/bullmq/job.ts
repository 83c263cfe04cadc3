import { JobNotFoundError, LockLostError, WrongStateError } from '../../job/errors.js';
import { UnrecoverableError as EngineUnrecoverableError } from '../../job/special-errors.js';
import { Job as EngineJob } from '../../job/job.js';
import type { JobJson, JobJsonSandbox } from '../../job/job-json.js';
import type { Codec } from '../../job/codec.js';
import type { JobRecord } from '../../job/job-record.js';
import type { JobProgress } from '../../job/job-progress.js';
import type { ParentOptions } from '../../job/job-ref.js';
import type { JobStore } from '../../job/job-store.js';
import type { JobsOptions } from '../../job/job-options.js';
import type { TracedOutcome } from '../../job/telemetry.js';
import { sandboxJson } from '../../worker/sandbox/sandboxed-processor.js';
import { ErrorCode } from './error-code.js';
import { Spans } from './spans.js';
import { howEnded } from '../../job/telemetry-of.js';
import { TelemetryAttributes } from '../../job/telemetry-names.js';
import { setCode, withCode } from './with-code.js';

/** Opens every lock. */
const MASTER_TOKEN = '0';
const CHILDREN_AT_A_TIME = 1000;

/** A job as BullMQ documents it. */
export class Job<
  D = any,
  R = any,
  N extends string = string,
  P extends JobProgress = JobProgress,
> extends EngineJob<D, R, N, P> {
  /** @internal Use `queue.add` or `Job.create`. */
  constructor(store: JobStore, id: string, name: N, data: D, opts: JobsOptions, timestamp: number) {
    super(store, id, name, data, { attempts: 0, ...opts }, timestamp);
    // As BullMQ has them until the job is read, which JSON shows.
    this.delay = opts.delay as number;
    this.stacktrace = null as never;
    this.parent &&= { ...this.parent, ...onFailure(opts) };
  }

  protected override take(record: JobRecord, codec?: Codec): void {
    this.delay ??= 0;
    this.stacktrace ??= [];
    super.take(record, codec);
    this.parent &&= { ...this.parent, ...onFailure(this.opts) };
  }

  protected override takeJson({ stacktrace = 'null', ...json }: JobJson, codec?: Codec): void {
    super.takeJson(stacktrace === 'null' ? json : { ...json, stacktrace }, codec);
    this.stacktrace ??= [];
  }

  /** The job of that id, or undefined. */
  static override fromId<D = any, R = any, N extends string = string>(
    queue: { getJob(id: string): Promise<EngineJob | undefined> },
    id: string,
  ): Promise<Job<D, R, N> | undefined>;
  static override fromId<J extends EngineJob>(
    queue: { getJob(id: string): Promise<J | undefined> },
    id: string,
  ): Promise<J | undefined>;
  static override fromId(
    queue: { getJob(id: string): Promise<EngineJob | undefined> },
    id: string,
  ): Promise<any> {
    return queue.getJob(id);
  }

  /** Same as `queue.add(name, data, opts)`. */
  static override create<D = any, R = any, N extends string = string>(
    ...args: Parameters<typeof EngineJob.create<D, R, N>>
  ): Promise<Job<D, R, N>> {
    return super.create(...args) as Promise<Job<D, R, N>>;
  }

  /** Same as `queue.addBulk(jobs)`. */
  static override createBulk<D = any, R = any, N extends string = string>(
    ...args: Parameters<typeof EngineJob.createBulk<D, R, N>>
  ): Promise<Job<D, R, N>[]> {
    return super.createBulk(...args) as Promise<Job<D, R, N>[]>;
  }

  /** A job as `asJSON` has written it down. Reads nothing of Redis. */
  static override fromJSON<D = any, R = any, N extends string = string>(
    queue: object,
    json: JobJson,
    id?: string,
  ): Job<D, R, N> {
    return super.fromJSON(queue, json, id) as Job<D, R, N>;
  }

  /** Options as they are in a job's JSON. */
  static optsFromJSON(json = '{}'): JobsOptions {
    return JSON.parse(json) as JobsOptions;
  }

  asJSONSandbox(): JobJsonSandbox {
    return sandboxJson(this);
  }

  /**
   * Completes a job that was fetched by hand, and fetches the next one unless an option says otherwise. Returns its JSON, for
   * `Job.fromJSON`, and its id; an empty list where there is none.
   */
  override async moveToCompleted(result: R, token: string, fetchNext = true): Promise<any> {
    const move = async (): Promise<unknown> =>
      super.moveToCompleted(result, await this.keyFor(token), fetchNext);
    const next = await this.ending(() => 'completed', move);
    return nextData(next);
  }

  /** Ends the attempt of a job that was fetched by hand; returns what `moveToCompleted` does, by default without a next job. */
  override async moveToFailed(error: Error, token: string, fetchNext = false): Promise<any> {
    const move = async (): Promise<unknown> => super.moveToFailed(error, await this.keyFor(token), fetchNext);
    const next = await this.ending(() => (this.finishedOn === undefined ? 'retried' : 'failed'), move);
    return nextData(next);
  }

  /** Without a token, or with '0', whoever holds the job. */
  override async moveToDelayed(timestamp: number, token?: string): Promise<void> {
    await super.moveToDelayed(timestamp, await this.keyFor(token));
    Spans.ofStore(this.store)?.count(this, 'delayed');
  }

  /** Without a token, or with '0', whoever holds the job. Returns how long a rate limit holds it, 0. */
  override async moveToWait(token?: string): Promise<any> {
    await super.moveToWait(await this.keyFor(token));
    Spans.ofStore(this.store)?.count(this, 'waiting');
    return 0;
  }

  /** Without a child to wait for it is false, whoever holds the job. */
  override async moveToWaitingChildren(
    token: string,
    opts: { child?: ParentOptions } = {},
  ): Promise<boolean> {
    const key = await this.keyFor(token ?? '');
    try {
      const moved = await super.moveToWaitingChildren(key, opts);
      if (moved) Spans.ofStore(this.store)?.count(this, 'waiting-children');
      return moved;
    } catch (error) {
      const isRefused = error instanceof LockLostError || error instanceof WrongStateError;
      if (isRefused && !(await this.isPending(opts.child))) {
        return false;
      }
      if (error instanceof LockLostError && !(await this.isActive())) {
        setCode(error, ErrorCode.JobLockNotExist);
      }
      throw error;
    }
  }

  override async extendLock(token: string, duration: number): Promise<number> {
    return super.extendLock((await this.keyFor(token)) ?? token, duration);
  }

  /** Nothing for a job that is gone already. */
  override async remove(opts: { removeChildren?: boolean } = {}): Promise<void> {
    try {
      await super.remove(opts);
    } catch (error) {
      if (!(error instanceof JobNotFoundError)) throw error;
    }
  }

  /** A job that is gone is no delayed one. */
  override async promote(): Promise<void> {
    try {
      await super.promote();
    } catch (error) {
      if (error instanceof JobNotFoundError) {
        setCode(error, ErrorCode.JobNotInState);
      }
      throw error;
    }
  }

  /** Nothing for a job that is gone already. */
  override async clearLogs(keepLogs?: number): Promise<void> {
    try {
      await super.clearLogs(keepLogs);
    } catch (error) {
      if (!(error instanceof JobNotFoundError)) throw error;
    }
  }

  protected override expect(word: string, action: string, needed?: string): void {
    try {
      super.expect(word, action, needed);
    } catch (error) {
      if (error instanceof WrongStateError && needed === 'active') {
        // Who is to hold a lock is looked at first, and a job that is not active has none.
        setCode(error, ErrorCode.JobLockNotExist);
        throw error;
      }
      if (error instanceof EngineUnrecoverableError) {
        setCode(error, ErrorCode.JobHasFailedChildren);
      }
      throw withCode(error);
    }
  }

  /** Whether this child is pending, or any. */
  private async isPending(child: ParentOptions | undefined): Promise<boolean> {
    if (!child) {
      const { unprocessed = 0 } = await this.getDependenciesCount({ unprocessed: true });
      return unprocessed > 0;
    }
    let cursor = 0;
    do {
      const page = await this.getDependencies({ unprocessed: { cursor, count: CHILDREN_AT_A_TIME } });
      if (page.unprocessed?.includes(`${child.queue}:${child.id}`)) return true;
      cursor = page.nextUnprocessedCursor ?? 0;
    } while (cursor !== 0);
    return false;
  }

  /** Ends a run by hand, and reports to telemetry how. */
  private async ending<T>(how: () => TracedOutcome, move: () => Promise<T>): Promise<T> {
    const spans = Spans.ofStore(this.store);
    const result = await move();
    const [operation, state] = (spans && howEnded(how(), this.delay)) ?? [];
    if (operation && state) {
      spans?.note(operation, {
        [TelemetryAttributes.JobName]: this.name,
        [TelemetryAttributes.JobId]: this.id,
      });
      spans?.count(this, state);
    }
    return result;
  }

  /**
   * The token of whoever holds the job, where the master's was given, or the job was read anew by who named the token: what was granted
   * goes on from that name.
   */
  private async keyFor(token: string): Promise<string>;
  private async keyFor(token: string | undefined): Promise<string | undefined>;
  private async keyFor(token: string | undefined): Promise<string | undefined> {
    if (token !== MASTER_TOKEN && this.token !== undefined) {
      return token;
    }
    const stored = (await this.load())?.record.fields.token;
    const opens = token === MASTER_TOKEN || token === undefined || stored?.startsWith(`${token}.`);
    return (opens ? stored : undefined) ?? token;
  }
}

/** What becomes of the parent where the job fails, by BullMQ's short names. */
function onFailure(opts: JobsOptions): Record<string, true> {
  return {
    ...(opts.failParentOnFailure ? { fpof: true } : {}),
    ...(opts.removeDependencyOnFailure ? { rdof: true } : {}),
    ...(opts.ignoreDependencyOnFailure ? { idof: true } : {}),
    ...(opts.continueParentOnFailure ? { cpof: true } : {}),
  };
}

function nextData(next: unknown): [] | [JobJson, string, number, number] {
  return next instanceof EngineJob ? [next.asJSON(), next.id, 0, 0] : [];
}
