import { isDeepStrictEqual } from 'node:util';
import { asError } from '../job/job-failure.js';
import { InvalidOptionError } from '../job/errors.js';
import type { HistoryStep, JobHistory } from '../job/job-history.js';
import { refuseUnknown } from '../job/known-names.js';
import { SignalWait } from '../steps/outcomes.js';
import type { StepDefinition } from '../steps/step-definition.js';
import { UnknownStepError } from '../steps/step-errors.js';
import { stepOfUndo } from '../steps/step-ledger.js';
import type { StepPlan } from '../steps/step-plan.js';
import { loadSteps, readSteps, type StepModules, type StepSource } from './load-steps.js';
import { performStep, type StepRunReport } from './perform-step.js';

/** How a history is gone through. */
export interface ReplayOptions extends StepModules {
  /**
   * Whether to run the code of each completed step, with the results that were kept before it. Give it `providers` that stand in
   * for services with effects. Default: false, which compares the names and the order of the steps and runs nothing.
   */
  run?: boolean;
}

/** Where the code goes another way than the job went. */
export interface Parting {
  /** The step, by its name in the history. */
  at: string;
  why: 'unknown-step' | 'other-step' | 'other-wait' | 'throws' | 'nothing-undoes';
  /** What the job did. */
  recorded: string;
  /** What the code does. */
  now: string;
  /** What the step threw. */
  error?: Error;
}

/** What a replay found. */
export interface ReplayReport {
  /** Whether the code goes the way that the job went, as far as it went. */
  same: boolean;
  /** The first place where it does not. */
  parting?: Parting;
  /** Steps after which the job went elsewhere than to the step declared next: what they return decides. With `run: true` none is left. */
  undecided: string[];
  /** Steps that the code was compared with, in the order of their visits. */
  path: string[];
  /** Results that differ. They are no parting: a time or a random number differs each time. */
  results: { step: string; recorded: unknown; now: unknown }[];
  /** Name of the step that the code goes on with, undefined where the job is through, or parts. */
  goesOnWith: string | undefined;
}

/**
 * Says whether code would take a job the way that it went, such as a new version of a processor a job of production, and where it parts.
 * Reads nothing of Redis.
 *
 * @throws {InvalidOptionError} for what `exportHistory` did not write
 *
 * @example
 * const { same, parting } = await replay(history, OrderProcessor);
 */
export async function replay(
  history: JobHistory,
  // oxlint-disable-next-line typescript/no-explicit-any -- a class of any type
  source: StepSource<any>,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  refuseUnknown('replay option', options, ['run', 'providers', 'imports']);
  if (history?.format !== 'stepwell-history-1') {
    throw new InvalidOptionError('history', history?.format, 'Use what exportHistory returned.');
  }
  if (!options.run) {
    return new Replay(history, await readSteps(source), false).go();
  }
  const { plan, close } = await loadSteps(source, options);
  try {
    return await new Replay(history, plan, true).go();
  } finally {
    await close();
  }
}

class Replay {
  private readonly undecided: string[] = [];
  private readonly path: string[] = [];
  private readonly results: ReplayReport['results'] = [];
  private readonly byVisit: Map<number, HistoryStep>;

  constructor(
    private readonly history: JobHistory,
    private readonly plan: StepPlan,
    private readonly runs: boolean,
  ) {
    this.byVisit = new Map(history.steps.map((step) => [step.visit, step]));
  }

  async go(): Promise<ReplayReport> {
    const { steps, place } = this.history;
    const start = this.compareStart();
    if (start) {
      return this.report(start);
    }
    for (const step of steps) {
      const parting = await this.compare(step);
      if (parting) {
        return this.report(parting);
      }
      this.path.push(step.name);
    }
    return this.report(this.lookUp(place), place);
  }

  private report(parting: Parting | undefined, place?: string): ReplayReport {
    const { undecided, path, results } = this;
    const step =
      parting || place === undefined ? undefined : this.definitionOf(place || this.plan.first.name);
    return {
      same: !parting && undecided.length === 0,
      ...(parting ? { parting } : {}),
      ...{ undecided, path, results },
      goesOnWith: place?.startsWith('undo') ? place : step?.name,
    };
  }

  /** A job begins with the first step: another one in front of it would not have run. */
  private compareStart(): Parting | undefined {
    const first = this.byVisit.get(1);
    const now = this.plan.first.name;
    const began = first && this.definitionOf(first.name)?.name;
    return began !== undefined && began !== now
      ? { at: began, why: 'other-step', recorded: `began with ${began}`, now: `begins with ${now}` }
      : undefined;
  }

  private async compare(step: HistoryStep): Promise<Parting | undefined> {
    const parting = this.lookUp(step.name);
    const definition = this.definitionOf(step.name);
    if (parting || !definition || step.status !== 'completed' || stepOfUndo(step.name) !== undefined) {
      return parting;
    }
    const recorded = this.followerOf(step);
    if (!this.runs) {
      if (recorded && recorded.name !== this.plan.after(definition)?.name) this.undecided.push(step.name);
      return undefined;
    }
    return this.compareRun(step, definition, recorded);
  }

  private async compareRun(
    step: HistoryStep,
    definition: StepDefinition,
    recorded: { name: string | undefined } | undefined,
  ): Promise<Parting | undefined> {
    const at = step.name;
    let report: StepRunReport;
    try {
      report = await performStep(this.plan, definition.name, this.inputsOf(step));
    } catch (thrown) {
      const error = asError(thrown);
      return { at, why: 'throws', recorded: 'completed', now: error.message, error };
    }
    const waited = step.signal !== undefined;
    if (report.outcome instanceof SignalWait !== waited) {
      const say = (waits: boolean): string => (waits ? 'waits for a signal' : 'waits for none');
      return { at, why: 'other-wait', recorded: say(waited), now: say(!waited) };
    }
    if (!waited && !isDeepStrictEqual(step.result ?? null, report.result ?? null)) {
      this.results.push({ step: at, recorded: step.result, now: report.result });
    }
    return recorded && recorded.name !== report.next
      ? { at, why: 'other-step', recorded: wayTo(recorded.name), now: wayTo(report.next) }
      : undefined;
  }

  private inputsOf(step: HistoryStep): Parameters<typeof performStep>[2] {
    const { id, name, data, queueName, timestamp, steps, children } = this.history;
    const before = steps.filter(({ visit, status }) => visit < step.visit && status === 'completed');
    return {
      job: { id, name, data, queueName, timestamp },
      results: Object.fromEntries(before.map((each) => [each.name, resultOf(each)])),
      children: Object.fromEntries(
        children.filter(({ state }) => state === 'completed').map(({ key, result }) => [key, result]),
      ),
      attempt: step.attempts,
    };
  }

  /** Where the job went after a step, by its name in the code; undefined where that is not on record. */
  private followerOf({ visit, name }: HistoryStep): { name: string | undefined } | undefined {
    const { place, steps } = this.history;
    const follower = this.byVisit.get(visit + 1);
    if (follower) {
      return stepOfUndo(follower.name) === undefined ? { name: this.nameOf(follower.name) } : undefined;
    }
    if (visit !== steps.at(-1)?.visit || stepOfUndo(place) !== undefined) {
      return undefined;
    }
    return place === `end:${name}` ? { name: undefined } : { name: this.nameOf(place) };
  }

  private lookUp(name: string): Parting | undefined {
    const undone = stepOfUndo(name);
    const definition = this.definitionOf(name);
    if (!definition && name !== '' && name !== 'undone:' && !name.startsWith('end:')) {
      const error = new UnknownStepError(undone ?? name, this.plan.names);
      return { at: name, why: 'unknown-step', recorded: `has ${undone ?? name}`, now: error.message, error };
    }
    return undone !== undefined && !definition?.compensate
      ? { at: name, why: 'nothing-undoes', recorded: `undid ${undone}`, now: `nothing undoes ${undone}` }
      : undefined;
  }

  private definitionOf(name: string): StepDefinition | undefined {
    return this.plan.find(stepOfUndo(name) ?? name);
  }

  private nameOf(name: string): string {
    return this.definitionOf(name)?.name ?? name;
  }
}

function wayTo(name: string | undefined): string {
  return name === undefined ? 'ends there' : `goes on with ${name}`;
}

function resultOf({ result, signal }: HistoryStep): unknown {
  return signal === undefined
    ? result
    : signal.timedOut
      ? signal
      : { timedOut: false, signal: signal.payload };
}
