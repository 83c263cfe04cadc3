import type { ResultOfStep, StepName } from '../steps/step-context.js';
import type { Processor } from '../worker/worker-options.js';
import { loadSteps, type StepSource } from './load-steps.js';
import { performStep, type RunStepOptions, type StepRunReport } from './perform-step.js';

/* oxlint-disable typescript/no-explicit-any -- classes of any type */

/**
 * Runs one step, without Redis. A class is made by Nest, with its injection; what else it needs is among the `providers`.
 * `undo:<step>` runs what undoes a step. Rejects with what the step throws, and with `StepTimeoutError` after its `timeout`.
 *
 * @throws {UnknownStepError} when there is no such step
 *
 * @example
 * const { result } = await runStep(OrderProcessor, 'charge', {
 *   job: { data: { total: 20 } },
 *   results: { reserve: { places: 2 } },
 *   providers: [{ provide: BankService, useValue: { charge: async () => 'receipt' } }],
 * });
 */
export async function runStep<P, K extends StepName<P>>(
  source: abstract new (...args: any[]) => P,
  step: K | `undo:${string}`,
  options?: RunStepOptions<P>,
): Promise<StepRunReport<ResultOfStep<P, K>>>;
export async function runStep(
  source: Processor,
  step: string,
  options?: RunStepOptions,
): Promise<StepRunReport>;
export async function runStep(
  source: StepSource<any>,
  step: string,
  options: RunStepOptions = {},
): Promise<StepRunReport> {
  const { plan, close } = await loadSteps(source, options);
  try {
    return await performStep(plan, step, options);
  } finally {
    await close();
  }
}
