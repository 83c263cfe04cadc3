import type { ContextId, ExternalContextCreator } from '@nestjs/core';
import { catchError, from, isObservable, lastValueFrom, type Observable } from 'rxjs';
import { specialErrorKind } from '../../job/special-errors.js';
import { boundCallback, throwingCallback } from './bound-callback.js';
import { PARAMETERS_METADATA, type Enhancers } from './enhancer-metadata.js';
import type { HandlerCall } from './handler-call.js';
import { labelOf, type HandlerSource } from './handler-source.js';
import { NOT_FILTERED } from './job-enhancer-config.js';
import { jobParameters } from './parameter-kinds.js';
import type { Refusals } from './refusals.js';
import { settleInterception } from './settle-interception.js';

type Contextual = (...args: unknown[]) => Promise<unknown>;

/** Makes contexts for handlers, and others for their filters: Nest keeps one for each method. */
export interface ContextCreators {
  readonly handlers: ExternalContextCreator;
  readonly filters: ExternalContextCreator;
  readonly refusals: Refusals;
}

/** The instance that a handler is called on; with the context where it was made for one job. */
export interface HandlerTarget {
  readonly instance: object;
  readonly contextId?: ContextId;
}

/** A handler with its guards, pipes, interceptors and filters. */
export class EnhancedHandler {
  private readonly target: Contextual;
  private readonly filter: Contextual | undefined;

  constructor(
    private readonly source: HandlerSource,
    { instance, contextId }: HandlerTarget,
    private readonly enhancers: Enhancers,
    private readonly creators: ContextCreators,
  ) {
    const { method } = source;
    const inquirerId = contextId && source.provider.id;
    this.target = creators.handlers.create(
      ...([instance, boundCallback(source), method, PARAMETERS_METADATA, jobParameters] as const),
      ...([contextId, inquirerId, { guards: true, interceptors: true, filters: false }, 'stepwell'] as const),
    );
    this.filter = enhancers.filters
      ? creators.filters.create(
          ...([instance, throwingCallback(source), method, '', undefined] as const),
          ...([
            contextId,
            inquirerId,
            { guards: false, interceptors: false, filters: true },
            'stepwell',
          ] as const),
        )
      : undefined;
  }

  async handle(call: HandlerCall): Promise<unknown> {
    try {
      const result = await this.run(call);
      return isObservable(result) && this.filter ? this.filtered(result, call) : result;
    } catch (error) {
      return this.caught(error, call);
    }
  }

  private async run(call: HandlerCall): Promise<unknown> {
    const result = await this.target(...call.args, call);
    return this.enhancers.interceptors && isObservable(result) ? settleInterception(result, call) : result;
  }

  private filtered(result: Observable<unknown>, call: HandlerCall): Observable<unknown> {
    return result.pipe(catchError((error: unknown) => from(this.caught(error, call))));
  }

  /** What a filter makes of an error: another one, or a result. Where it returns nothing, the error stays. */
  private async caught(error: unknown, call: HandlerCall): Promise<unknown> {
    const { refusals } = this.creators;
    const label = labelOf(this.source);
    if (!this.filter || isControlFlow(error)) throw refusals.final(error, label);
    call.error = error;
    let made: unknown;
    try {
      made = await this.filter(...call.args, call);
      if (isObservable(made)) made = await lastValueFrom(made, { defaultValue: undefined });
    } catch (thrown) {
      throw refusals.final(thrown, label);
    }
    if (made instanceof Error) throw refusals.final(made, label);
    // Nest 11 takes every falsy value for nothing.
    if (!made || made === NOT_FILTERED) throw refusals.final(error, label);
    return made;
  }
}

/** It says that the job has been moved, and is no failure. */
function isControlFlow(error: unknown): boolean {
  const kind = specialErrorKind(error);
  return kind !== undefined && kind !== 'unrecoverable';
}
