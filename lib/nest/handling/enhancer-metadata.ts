import { Scope } from '@nestjs/common';
import type { HandlerSource } from './handler-source.js';

// Nest's own keys: it exports them from different places in versions 11 and 12.
export const PARAMETERS_METADATA = '__routeArguments__';
export const PIPES_METADATA = '__pipes__';
const GUARDS_METADATA = '__guards__';
const INTERCEPTORS_METADATA = '__interceptors__';
const FILTERS_METADATA = '__exceptionFilters__';
const SCOPE_METADATA = 'scope:options';

type Place = Pick<HandlerSource, 'type' | 'method'>;

/** What a decorator of Nest, or one of ours, has left on a parameter. */
export interface ParameterMetadata {
  readonly index: number;
  readonly data?: unknown;
}

/** Which of Nest's enhancers are on a method or its class. */
export interface Enhancers {
  readonly guards: boolean;
  readonly interceptors: boolean;
  readonly filters: boolean;
  readonly parameters: boolean;
}

export function enhancersOf(place: Place): Enhancers {
  return {
    guards: has(GUARDS_METADATA, place),
    interceptors: has(INTERCEPTORS_METADATA, place),
    filters: has(FILTERS_METADATA, place),
    parameters: parametersOf(place).length > 0,
  };
}

/** The decorated parameters of a method, each with the key under which its kind and place are. */
export function parametersOf({ type, method }: Place): [key: string, parameter: ParameterMetadata][] {
  return Object.entries(
    (Reflect.getMetadata(PARAMETERS_METADATA, type, method) ?? {}) as Record<string, ParameterMetadata>,
  );
}

/** Whether pipes are on the method, or on its class. */
export function hasPipes(target: Function): boolean {
  return isFilled(Reflect.getMetadata(PIPES_METADATA, target));
}

/** Classes of enhancers on the method or its class that are to be made anew for whoever asks. */
export function transientEnhancersOf(place: Place): string[] {
  return [PIPES_METADATA, GUARDS_METADATA, INTERCEPTORS_METADATA, FILTERS_METADATA].flatMap((key) =>
    [place.type, methodOf(place)].flatMap((target) => {
      const enhancers = (Reflect.getMetadata(key, target) ?? []) as unknown[];
      return enhancers.filter(isTransient).map(({ name }) => name);
    }),
  );
}

function isTransient(enhancer: unknown): enhancer is Function {
  if (typeof enhancer !== 'function') return false;
  const options = Reflect.getMetadata(SCOPE_METADATA, enhancer) as { scope?: Scope } | undefined;
  return options?.scope === Scope.TRANSIENT;
}

export function methodOf({ type, method }: Place): Function {
  return (type.prototype as Record<string, Function>)[method] as Function;
}

function has(key: string, place: Place): boolean {
  return [place.type, methodOf(place)].some((target) => isFilled(Reflect.getMetadata(key, target)));
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
