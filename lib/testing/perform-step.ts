import { InvalidOptionError } from '../job/errors.js';
import type { FlowJob } from '../job/flow-job.js';
import { encodeBody } from '../job/job-body.js';
import { Job } from '../job/job.js';
import type { JobFields } from '../job/job-record.js';
import type { JobsOptions } from '../job/job-options.js';
import { decodeValue, encodeJson } from '../job/json.js';
import { DEFAULT_PREFIX } from '../redis/queue-base-options.js';
import { executeStep } from '../steps/execute-step.js';
import { Done, Outcome, SignalWait } from '../steps/outcomes.js';
import { RunContext } from '../steps/run-context.js';
import type { ResultsOf } from '../steps/step-context.js';
import type { StepFunction, StepTries } from '../steps/step-definition.js';
import { undoCursor, StepLedger } from '../steps/step-ledger.js';
import type { StepPlan } from '../steps/step-plan.js';
import type { SteppedRun } from '../worker/stepped-processor.js';
import type { StepModules } from './load-steps.js';
import { StepStore } from './step-store.js';

/* oxlint-disable typescript/no-explicit-any -- data and results of any type */

/** What one step is run with. Everything has a default. */
export interface RunStepOptions<P = any> extends StepModules {
  /** The job: its data, and what else of it matters. */
  job?: {
    data?: any;
    id?: string;
    name?: string;
    queueName?: string;
    opts?: JobsOptions;
    timestamp?: number;
  };
  /** Results of steps that have completed before. */
  results?: Partial<ResultsOf<P>> | Readonly<Record<string, unknown>>;
  /** Results of the job's children, by `prefix:queue:id` or any names. */
  children?: Readonly<Record<string, unknown>>;
  /** Which try of the step it is. Default: 1. */
  attempt?: number;
  /** What an earlier try has emitted or saved last; `ctx.last`. */
  last?: unknown;
  /** Why completed steps are undone; `ctx.failedReason`. */
  failedReason?: string;
  /** Aborts the step. */
  signal?: AbortSignal;
}

/** What one run of a step did. */
export interface StepRunReport<R = any> {
  /** The step's result, as it would come back from Redis; undefined for one that waits for a signal. */
  result: R;
  /** What it returned, where that says where the job goes on: `sleep(…)`, `next(…)`, `waitForChildren()`, … */
  outcome: Outcome | undefined;
  /** Name of the step that follows; undefined where the job is through. */
  next: string | undefined;
  /** The job, with what the step has changed of it. */
  job: Job;
  log: string[];
  progress: unknown[];
  /** What it has emitted or saved. */
  saved: unknown[];
  /** Children that it has added. */
  children: FlowJob[];
}

/** Runs one step of a plan, or what undoes it, without Redis. */
export async function performStep(
  plan: StepPlan,
  name: string,
  options: RunStepOptions,
): Promise<StepRunReport> {
  const undone = name.startsWith(undoCursor('')) ? name.slice(undoCursor('').length) : undefined;
  const step = plan.get(undone ?? name);
  const work = undone === undefined ? step : step.compensate;
  if (!work) {
    throw new InvalidOptionError('step', name, `Nothing undoes the step ${step.name}.`);
  }
  const { queueName = 'tests', ...given } = options.job ?? {};
  const store = new StepStore(queueName, DEFAULT_PREFIX, options.children ?? {});
  const job = jobOf(store, given);
  const { attempt = 1, failedReason } = options;
  const parts = { run: runOf(job, options.signal), plan, ledger: ledgerOf(name, options) };
  const context = new RunContext(undone === undefined ? step.name : name, attempt, parts, true, failedReason);
  const returned = await runWithin(job, context, work, step.timeout);
  const outcome = returned instanceof Outcome ? returned : undefined;
  const follows = outcome?.to === undefined ? plan.after(step)?.name : plan.get(outcome.to).name;
  return {
    result: outcome instanceof SignalWait ? undefined : kept(step.name, outcome ? outcome.value : returned),
    outcome,
    next: undone !== undefined || outcome instanceof Done ? undefined : follows,
    job,
    ...{ log: store.log, progress: store.progress, saved: store.saved, children: store.addedChildren },
  };
}

function runWithin(
  job: Job,
  context: RunContext,
  { run, timeout }: StepTries & { run: StepFunction },
  inherited: number | undefined,
): Promise<unknown> {
  return executeStep(job, context, run, timeout ?? inherited);
}

function jobOf(store: StepStore, given: Omit<NonNullable<RunStepOptions['job']>, 'queueName'>): Job {
  const { data = {}, id = '1', name = 'test', opts = {}, timestamp = store.runtime.now() } = given;
  const body = `${timestamp}\n${encodeBody(name, opts, encodeJson('Job data', data, '{}'))}`;
  return Job.fromRecord<any, any, string, any>(store, { id, body, token: 'test', fields: {} });
}

function ledgerOf(name: string, { results = {}, last }: RunStepOptions): StepLedger {
  const fields: JobFields = { step: name };
  for (const [step, result] of Object.entries(results)) {
    fields[`value:${step}`] = `v${encodeJson(`The result of step ${step}`, result, 'null')}`;
  }
  if (last !== undefined) {
    fields[`last:${name}`] = encodeJson('The last value', last, 'null');
  }
  return new StepLedger(fields);
}

function runOf(job: Job, signal = new AbortController().signal): SteppedRun {
  return {
    ...{ job, token: 'test', signal, isClosing: false, keepCompleted: '', keepFailed: undefined },
    kept: () => {},
    isLockLoss: () => false,
    failure: async (error) => {
      throw error;
    },
  };
}

function kept(step: string, value: unknown): unknown {
  return decodeValue('The result', encodeJson(`The result of step ${step}`, value, 'null'));
}
