import { didYouMean } from '../job/known-names.js';
import { hasPipes, methodOf, parametersOf } from './handling/enhancer-metadata.js';
import { labelOf } from './handling/handler-source.js';
import { PARAMETER_KINDS } from './handling/parameter-kinds.js';
import { MisplacedParameterError, PipesWithoutParameterError } from './nest-errors.js';

const STEP_KINDS = new Map<number, string>([
  [PARAMETER_KINDS.context, '@Ctx()'],
  [PARAMETER_KINDS.stepResult, '@StepResult()'],
]);

/**
 * Throws where a parameter of a handler could never get a value, and where pipes have no parameter to work on.
 * @param steps names of the steps of the class; undefined for `@Process`, which has none
 */
export function checkParameters(type: Function, method: string, steps?: readonly string[]): void {
  const label = labelOf({ type, method });
  const parameters = parametersOf({ type, method });
  for (const [key, { data }] of parameters) {
    const kind = Number.parseInt(key, 10);
    const decorator = /^\d+:/.test(key) ? STEP_KINDS.get(kind) : undefined;
    if (decorator !== undefined && steps === undefined) {
      throw new MisplacedParameterError(label, decorator, 'Only @Step and @Compensate methods have it.');
    }
    if (decorator === '@StepResult()' && steps && !steps.includes(data as string)) {
      const known = steps.map((name) => `'${name}'`).join(', ');
      throw new MisplacedParameterError(
        label,
        `@StepResult('${String(data)}')`,
        `There is no such step. ${didYouMean(String(data), steps)}Steps: ${known}.`,
      );
    }
  }
  if (parameters.length === 0 && hasPipes(methodOf({ type, method }))) {
    throw new PipesWithoutParameterError(label);
  }
}

/** As `checkParameters`, for the pipes of a class. */
export function checkClassPipes(type: Function, methods: readonly string[]): void {
  if (hasPipes(type) && methods.every((method) => parametersOf({ type, method }).length === 0)) {
    throw new PipesWithoutParameterError(`Class ${type.name}`);
  }
}
