import type { Job } from '../job/job.js';
import { decodeStepValue } from '../job/job-steps.js';
import { encodeJson } from '../job/json.js';
import type { SteppedRun } from '../worker/stepped-processor.js';
import { next, type Next } from './outcomes.js';
import { addStepChildren, type StepChild, withId } from './step-children.js';
import type { StepContext } from './step-context.js';
import { MissingStepResultError } from './step-errors.js';
import type { StepLedger } from './step-ledger.js';
import type { StepPlan } from './step-plan.js';

/** What it knows of its job. */
export interface ContextParts {
  readonly run: SteppedRun;
  readonly plan: StepPlan;
  readonly ledger: StepLedger;
}

/** What one run of one step is given. */
export class RunContext implements StepContext {
  declare readonly next: { (step: string): Next<null>; <V>(step: string, value: V): Next<V> };
  private readonly controller: AbortController | undefined;
  private childrenAdded = 0;
  private combined: AbortSignal | undefined;

  constructor(
    readonly step: string,
    readonly attempt: number,
    private readonly parts: ContextParts,
    hasTimeout: boolean,
    readonly failedReason: string | undefined,
  ) {
    this.controller = hasTimeout ? new AbortController() : undefined;
  }

  get token(): string {
    return this.parts.run.token;
  }

  get signal(): AbortSignal {
    this.combined ??= this.controller
      ? AbortSignal.any([this.parts.run.signal, this.controller.signal])
      : this.parts.run.signal;
    return this.combined;
  }

  get last(): unknown {
    return this.parts.ledger.lastEmission(this.step, this.parts.run.job.codec);
  }

  get results(): Record<string, unknown> {
    const known = this.parts.plan.names.flatMap((name): [string, unknown][] => {
      const text = this.valueOf(name);
      return text === undefined ? [] : [[name, decodeStepValue(text, this.parts.run.job.codec)]];
    });
    return Object.fromEntries(known);
  }

  result(step: string): unknown {
    const text = this.valueOf(step);
    if (text === undefined) {
      throw new MissingStepResultError(step, this.parts.plan.names);
    }
    return decodeStepValue(text, this.parts.run.job.codec);
  }

  addChildren(children: readonly StepChild[]): Promise<Job[]> {
    const { job } = this.parts.run;
    const { visit = 0 } = this.parts.ledger.entry(this.step) ?? {};
    const named = children.map((child) => {
      this.childrenAdded += 1;
      return withId(child, job, this.step, visit, this.childrenAdded);
    });
    return addStepChildren(job, named);
  }

  async addFlow(tree: StepChild): Promise<Job> {
    return (await this.addChildren([tree]))[0] as Job;
  }

  save(value: unknown): Promise<void> {
    return this.parts.run.job.keepEmission(
      value,
      encodeJson('A saved value', value, 'null', this.parts.run.job.codec),
      this.step,
    );
  }

  progress(value: Job['progress']): Promise<void> {
    return this.parts.run.job.updateProgress(value);
  }

  log(line: string): Promise<number> {
    return this.parts.run.job.log(line);
  }

  /** The time of this step is over. */
  abort(reason: Error): void {
    this.controller?.abort(reason);
  }

  /** Under the name that the step had when it completed. */
  private valueOf(step: string): string | undefined {
    const definition = this.parts.plan.find(step);
    for (const name of definition ? [definition.name, ...(definition.aliases ?? [])] : [step]) {
      const text = this.parts.ledger.value(name);
      if (text !== undefined) {
        return text;
      }
    }
    return undefined;
  }
}

// One for all: a context is made for each step.
Object.assign(RunContext.prototype, { next });
