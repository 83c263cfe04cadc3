import 'reflect-metadata';
import { PARAMETERS_METADATA } from '../handling/enhancer-metadata.js';

/** What a parameter decorator leaves on a method, as Nest's own do. */
export function jobParameter(
  kind: number,
  data?: unknown,
  pipes: readonly unknown[] = [],
  schema?: unknown,
): ParameterDecorator {
  return (target, method, index) => {
    if (method === undefined) return;
    const present = (Reflect.getOwnMetadata(PARAMETERS_METADATA, target.constructor, method) ?? {}) as object;
    const added = { index, data, pipes, ...(schema === undefined ? {} : { schema }) };
    const all = { ...present, [`${kind}:${index}`]: added };
    Reflect.defineMetadata(PARAMETERS_METADATA, all, target.constructor, method);
  };
}
