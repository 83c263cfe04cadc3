import { ExternalContextCreator, type ApplicationConfig, type ModulesContainer } from '@nestjs/core';
import { parametersOf } from './enhancer-metadata.js';
import type { HandlerCall } from './handler-call.js';
import type { HandlerSource } from './handler-source.js';
import { JobEnhancerConfig } from './job-enhancer-config.js';
import type { Refusals } from './refusals.js';

/**
 * Nest's own creator of contexts with what jobs need besides: Observables stay what they are, a guard's or pipe's "no" is
 * remembered as such, and parameters without a decorator get what the handler gets at their place.
 * @param globals the enhancers of the application, where they are for jobs
 */
export function jobContextCreator(
  modules: ModulesContainer,
  globals: ApplicationConfig | undefined,
  refusals: Refusals,
): ExternalContextCreator {
  const container = { getModules: () => modules, applicationConfig: new JobEnhancerConfig(globals) };
  const creator = ExternalContextCreator.fromContainer(container as never);
  const { createGuardsFn, createPipesFn, getParamValue } = ExternalContextCreator.prototype;

  creator.transformToResult = async (result: unknown) => result;

  creator.createGuardsFn = (...args) => {
    const guard = createGuardsFn.apply(creator, args as never) as ((args: unknown[]) => Promise<void>) | null;
    return guard && ((contextArgs: unknown[]) => guard(contextArgs).catch((e: unknown) => refusals.note(e)));
  };

  creator.getParamValue = async (value: unknown, metadata, pipes) => {
    let current: unknown = value;
    // One by one: whose "no" it is matters.
    for (const pipe of pipes) {
      current = await getParamValue
        .call(creator, current, metadata, [pipe])
        .catch((e: unknown) => refusals.note(e, pipe));
    }
    return current;
  };

  creator.createPipesFn = (...args) => {
    const fill = createPipesFn.apply(creator, args);
    return (
      fill &&
      (async (values, ...contextArgs) => {
        await fill(values, ...contextArgs);
        completeValues(values, contextArgs.at(-1) as HandlerCall);
      })
    );
  };
  return creator;
}

/** Adds what parameters without a decorator get, and the call itself as the last. */
function completeValues(values: unknown[], call: HandlerCall): void {
  const decorated = decoratedPlaces(call.source);
  call.args.forEach((value, place) => {
    if (!decorated.has(place)) values[place] = value;
  });
  values.push(call);
}

const places = new WeakMap<HandlerSource, Set<number>>();

function decoratedPlaces(source: HandlerSource): Set<number> {
  let known = places.get(source);
  if (!known) {
    known = new Set(parametersOf(source).map(([, { index }]) => index));
    places.set(source, known);
  }
  return known;
}
