import { InvalidOptionError } from '../job/errors.js';
import type { StepPlan } from '../steps/step-plan.js';
import { StepRunner } from '../steps/step-runner.js';
import { type MaybeStepped, STEP_HANDLING } from '../worker/stepped-processor.js';
import type { Processor } from '../worker/worker-options.js';

/* oxlint-disable typescript/no-explicit-any -- classes, providers and modules of any type */

/** A class with `@Step` methods, or what `defineSteps` returns. */
export type StepSource<P> = (abstract new (...args: any[]) => P) | Processor;

/** What Nest makes the class with. */
export interface StepModules {
  /** Nest providers beside the class itself, such as what stands in for its services. */
  providers?: readonly any[];
  /** Nest modules whose providers the class needs. */
  imports?: readonly any[];
}

/** The steps of a source, ready to be run; a class is made with Nest's injection. */
export async function loadSteps(
  source: StepSource<any>,
  { providers = [], imports = [] }: StepModules,
): Promise<{ plan: StepPlan; close: () => Promise<void> }> {
  const plan = definedPlan(source);
  if (plan) {
    return { plan, close: async () => {} };
  }
  // Not before it is needed: who tests without Nest does not have it.
  const { assembleSteps } = await import('../nest/assemble-steps.js');
  return assembleSteps(source as new () => object, { providers: [...providers], imports: [...imports] });
}

/** The names of the steps, their order, and what undoes them; nothing is made and nothing can be run. */
export async function readSteps(source: StepSource<any>): Promise<StepPlan> {
  const plan = definedPlan(source);
  if (plan) {
    return plan;
  }
  const { describeSteps } = await import('../nest/assemble-steps.js');
  return describeSteps(source as new () => object);
}

function definedPlan(source: StepSource<any>): StepPlan | undefined {
  if (typeof source !== 'function') {
    throw new InvalidOptionError(
      'source',
      source,
      'Use a class with @Step methods, or what defineSteps returns.',
    );
  }
  const stages = (source as MaybeStepped)[STEP_HANDLING];
  return stages instanceof StepRunner ? stages.plan : undefined;
}
