import { AsyncLocalStorage } from 'node:async_hooks';
import { InvalidOptionError } from './errors.js';
import type { JobsOptions } from './job-options.js';
import type { Job } from './job.js';
import { encodeJson } from './json.js';
import type { BullMQTelemetry } from './bullmq-telemetry.js';
import { telemetryOf } from './telemetry-of.js';
import type { ContextPropagator, Telemetry, Trace, TracedWork, Upkeep } from './telemetry.js';

/** What jobs are given to carry. */
export type Carried = Pick<JobsOptions, 'telemetry' | 'context'>;

export interface TracingOptions {
  telemetry?: Telemetry | BullMQTelemetry;
  propagate?: readonly ContextPropagator[];
}

const UNTRACED: Trace = { with: (work) => work(), fail: () => {}, end: () => {} };

/**
 * Carries the context in which jobs are added to where they run, and notifies telemetry of both. There is none where neither is asked for,
 * so that it costs nothing then.
 */
export class Tracing {
  /** What is running somewhere else when a job starts, such as the request that added it, is not the job's context. */
  private readonly inOwnContext = AsyncLocalStorage.snapshot();

  private constructor(
    readonly telemetry: Telemetry | undefined,
    private readonly propagators: readonly ContextPropagator[],
  ) {}

  static of({ telemetry, propagate = [] }: TracingOptions): Tracing | undefined {
    return telemetry || propagate.length > 0 ? new Tracing(telemetryOf(telemetry), propagate) : undefined;
  }

  /** Adds jobs that carry the context of now. */
  async add<T>(
    what: Omit<Extract<TracedWork, { kind: 'add' }>, 'kind'>,
    send: (carried: Carried) => Promise<T>,
    idsOf: (added: T) => readonly string[],
  ): Promise<T> {
    const context = this.read();
    return this.trace({ kind: 'add', ...what }, async (trace) => {
      const { metadata } = trace;
      const added = await send({
        ...(metadata === undefined ? {} : { telemetry: { metadata } }),
        ...(context === undefined ? {} : { context }),
      });
      trace.added?.(idsOf(added));
      return added;
    });
  }

  /** Traces what is done for a caller, from beginning to end. */
  async trace<T>(what: TracedWork, work: (trace: Trace) => Promise<T>): Promise<T> {
    const trace = this.telemetry?.begin(what) ?? UNTRACED;
    try {
      const done = await trace.with(() => work(trace));
      trace.end('completed');
      return done;
    } catch (error) {
      trace.fail(error);
      trace.end('failed');
      throw error;
    }
  }

  /** A run of a job, in the context that the job carries. Whoever runs it reports its end. */
  process(job: Job, workerId: string): Trace {
    const { telemetry, context } = job.opts;
    return this.inOwnContext(() => {
      const metadata = telemetry?.omitContext ? undefined : telemetry?.metadata;
      const trace = this.telemetry?.begin({ kind: 'process', job, workerId, metadata }) ?? UNTRACED;
      if (this.propagators.length === 0) {
        return trace;
      }
      return {
        with: (work) => this.inOwnContext(() => this.restore(context, () => trace.with(work))),
        fail: (error) => trace.fail(error),
        end: (outcome, what) => trace.end(outcome, what),
      };
    });
  }

  private read(): Record<string, unknown> | undefined {
    const values = this.propagators.flatMap((each): [string, unknown][] => {
      const value: unknown = each.read();
      if (value === undefined) return [];
      encodeJson(`The context ${each.name}`, value, 'null');
      return [[each.name, value]];
    });
    return values.length === 0 ? undefined : Object.fromEntries(values);
  }

  private restore<T>(context: Record<string, unknown> | undefined, work: () => T): T {
    return this.propagators.reduceRight((run, each) => () => each.restore(context?.[each.name], run), work)();
  }
}

/** Does upkeep of a worker, and reports it to telemetry where that wants to know. */
export async function keptUp(
  tracing: Tracing | undefined,
  what: Upkeep,
  work: () => Promise<string[]>,
): Promise<string[]> {
  const end = tracing?.telemetry?.upkeep?.(what);
  if (!end) {
    return work();
  }
  let found: string[] = [];
  try {
    found = await work();
    return found;
  } finally {
    end(found);
  }
}

/** Adds what is carried to a job's own options, unless those say otherwise. */
export function carrying(
  own: JobsOptions | undefined,
  carried: Carried | undefined,
): JobsOptions | undefined {
  return carried ? { ...carried, ...own } : own;
}

export function checkTelemetry(option: string, value: unknown): void {
  const given = value as (Partial<Telemetry> & Partial<BullMQTelemetry>) | null | undefined;
  if (typeof given?.begin === 'function') {
    return;
  }
  const hint =
    'Use openTelemetry() of stepwell/otel, new BullMQOtel(…) of bullmq-otel, or an object with `begin`.';
  if (typeof given !== 'object' || !given?.tracer || !given.contextManager) {
    throw new InvalidOptionError(option, value, hint);
  }
  const { tracer, contextManager } = given;
  demandCalls(`${option}.tracer`, tracer, ['startSpan'], hint);
  demandCalls(`${option}.contextManager`, contextManager, CONTEXT_CALLS, hint);
}

const CONTEXT_CALLS = ['with', 'active', 'getMetadata', 'fromMetadata'];

function demandCalls(option: string, value: object, calls: readonly string[], hint: string): void {
  for (const call of calls) {
    const found = (value as Record<string, unknown>)[call];
    if (typeof found !== 'function') {
      throw new InvalidOptionError(`${option}.${call}`, found, hint);
    }
  }
}

export function checkPropagate(option: string, value: unknown): void {
  const hint = "Use a list such as [{ name: 'tenant', read: () => …, restore: (value, run) => … }].";
  if (!Array.isArray(value)) {
    throw new InvalidOptionError(option, value, hint);
  }
  const names = new Set<string>();
  for (const each of value as (Partial<ContextPropagator> | null)[]) {
    const isWhole = typeof each?.read === 'function' && typeof each.restore === 'function';
    if (!isWhole || typeof each.name !== 'string' || each.name === '') {
      throw new InvalidOptionError(option, value, hint);
    }
    if (names.has(each.name)) {
      throw new InvalidOptionError(`${option} name`, each.name, 'Give each its own name.');
    }
    names.add(each.name);
  }
}
