import { InvalidOptionError } from '../job/errors.js';
import { didYouMean } from '../job/known-names.js';
import type { StepDefinition } from './step-definition.js';
import { UnknownStepError } from './step-errors.js';

/** The steps of a job, by name, in the order in which they were declared. */
export class StepPlan {
  readonly names: readonly string[];
  private readonly byName = new Map<string, StepDefinition>();

  /**
   * Throws `InvalidOptionError` for steps that contradict each other.
   * @param label what messages call it, such as the name of a class
   */
  constructor(
    readonly label: string,
    private readonly steps: readonly StepDefinition[],
  ) {
    this.names = steps.map(({ name }) => name);
    if (steps.length === 0) {
      throw new InvalidOptionError(label, undefined, 'Define at least one step.');
    }
    for (const step of steps) {
      for (const name of [step.name, ...(step.aliases ?? [])]) {
        if (this.byName.has(name)) {
          throw new InvalidOptionError(`${label}.${step.name}`, name, 'Another step has that name.');
        }
        this.byName.set(name, step);
      }
    }
    for (const { name, next } of steps) {
      if (next !== undefined && !this.byName.has(next)) {
        const hint = `${didYouMean(next, this.names)}Steps: ${this.names.join(', ')}.`;
        throw new InvalidOptionError(`${label}.${name}.next`, next, hint);
      }
    }
  }

  get first(): StepDefinition {
    return this.steps[0] as StepDefinition;
  }

  /** The step that has, or had, that name. */
  find(name: string): StepDefinition | undefined {
    return this.byName.get(name);
  }

  /** As `find`; throws `UnknownStepError`. */
  get(name: string): StepDefinition {
    const step = this.byName.get(name);
    if (!step) {
      throw new UnknownStepError(name, this.names);
    }
    return step;
  }

  /** The step that a job goes on with after another, undefined after the last one. */
  after(step: StepDefinition): StepDefinition | undefined {
    return step.next === undefined ? this.steps[this.steps.indexOf(step) + 1] : this.byName.get(step.next);
  }
}
