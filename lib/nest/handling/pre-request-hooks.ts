import type { ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { defer, from, lastValueFrom, type Observable } from 'rxjs';
import type { OnHandle } from '../interfaces/on-handle.interface.js';
import { StepwellExecutionContext } from '../stepwell-execution-context.js';
import { methodOf } from './enhancer-metadata.js';
import type { HandlerCall } from './handler-call.js';

type PreRequestHook = (context: ExecutionContext, next: () => Observable<unknown>) => Observable<unknown>;

/** The application's `registerPreRequestHook`, which Nest has from version 12 on, as hooks around handlers. */
export function preRequestHooks(config: ApplicationConfig): OnHandle[] {
  const { getGlobalPreRequestHooks } = config as { getGlobalPreRequestHooks?: () => PreRequestHook[] };
  return (getGlobalPreRequestHooks?.call(config) ?? []).map((hook): OnHandle => (info, next) => {
    const call = info as HandlerCall;
    const { type } = call.source;
    const context = new StepwellExecutionContext([...call.args, call], type, methodOf(call.source));
    return lastValueFrom(
      hook(
        context,
        defer.bind(undefined, () => from(next())),
      ),
      { defaultValue: undefined },
    );
  });
}
