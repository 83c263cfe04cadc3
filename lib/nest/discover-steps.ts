import type { Compensation, StepDefinition, StepFunction } from '../steps/step-definition.js';
import type { CompensationMetadata } from './interfaces/metadata.interface.js';
import { DuplicateCompensationError, UnknownCompensationError } from './nest-errors.js';
import type { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';

/** Makes what is called for a method that runs a step, or undoes one. */
export type MakeStep = (method: string, kind: 'step' | 'compensate', step: string) => StepFunction;

/** The steps of a class in the order of their declaration, each with what undoes it. */
export function discoverSteps(
  type: Function,
  accessor: StepwellMetadataAccessor,
  make: MakeStep,
): StepDefinition[] {
  const steps = decorated(type, (method) => accessor.getStep(method)).map(
    ([method, { name = method, ...options }]): StepDefinition => ({
      ...options,
      name,
      run: make(method, 'step', name),
    }),
  );
  for (const [method, targets] of decorated(type, (each) => accessor.getCompensations(each))) {
    for (const { step, options } of targets) {
      compensate(steps, `${type.name}.${method}()`, step, {
        ...options,
        run: make(method, 'compensate', step),
      });
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
export function decorated<M>(type: Function, metadataOf: (method: unknown) => M | undefined): [string, M][] {
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
