import type { StepContext } from '../steps/step-context.js';
import type { Compensation, StepDefinition } from '../steps/step-definition.js';
import type { Job } from '../job/job.js';
import type { CompensationMetadata } from './interfaces/metadata.interface.js';
import { DuplicateCompensationError, UnknownCompensationError } from './nest-errors.js';
import type { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';

type Methods = Record<string, (job: Job, context: StepContext) => unknown>;

/** The steps of a class in the order of their declaration, each with what undoes it. */
export function discoverSteps(
  type: Function,
  instance: object,
  accessor: StepwellMetadataAccessor,
): StepDefinition[] {
  // Looked up at each call, so that a method that was replaced on the instance is the one that runs.
  const call = (method: string) => (job: Job, context: StepContext) =>
    (instance as Methods)[method]?.(job, context);
  const steps = decorated(type, (method) => accessor.getStep(method)).map(
    ([method, options]): StepDefinition => ({ ...options, name: options.name ?? method, run: call(method) }),
  );
  for (const [method, targets] of decorated(type, (each) => accessor.getCompensations(each))) {
    for (const { step, options } of targets) {
      compensate(steps, `${type.name}.${method}()`, step, { ...options, run: call(method) });
    }
  }
  return steps;
}

function compensate(
  steps: StepDefinition[],
  label: string,
  step: CompensationMetadata['step'],
  compensation: Compensation,
): void {
  const found = steps.find(({ name }) => name === step);
  if (!found) {
    throw new UnknownCompensationError(
      label,
      step,
      steps.map(({ name }) => name),
    );
  }
  if (found.compensate) throw new DuplicateCompensationError(label, step);
  found.compensate = compensation;
}

/**
 * Methods with what a decorator left on them, a base class before those that extend it. A method that overrides another
 * keeps its place, and its decorator unless it has one of its own.
 */
function decorated<M>(type: Function, metadataOf: (method: unknown) => M | undefined): [string, M][] {
  const found = new Map<string, M>();
  for (const prototype of prototypesOf(type)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const metadata = metadataOf(Object.getOwnPropertyDescriptor(prototype, name)?.value);
      if (metadata !== undefined) found.set(name, metadata);
    }
  }
  return [...found];
}

function prototypesOf(type: Function): object[] {
  const chain: object[] = [];
  for (
    let prototype = type.prototype as object | null;
    prototype && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    chain.unshift(prototype);
  }
  return chain;
}
