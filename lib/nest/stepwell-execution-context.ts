import type { ArgumentsHost, ExecutionContext, Type } from '@nestjs/common';
import type { Job } from '../job/job.js';
import type { HandleInfo } from './interfaces/on-handle.interface.js';

/**
 * Whether a guard, interceptor, filter or parameter decorator is run for a job, and not for a request.
 *
 * @example
 * canActivate(context: ExecutionContext) {
 *   return isStepwellContext(context) || this.hasSession(context.switchToHttp().getRequest());
 * }
 */
export function isStepwellContext(context: ArgumentsHost): boolean {
  return context.getType<string>() === 'stepwell';
}

/**
 * The job and step that a guard, interceptor, filter or parameter decorator is run for.
 *
 * @example
 * intercept(context: ExecutionContext, next: CallHandler) {
 *   const job = StepwellExecutionContext.create(context).getJob<Order>();
 *   return next.handle().pipe(tap(() => this.log(job.id)));
 * }
 */
export class StepwellExecutionContext implements ExecutionContext {
  /** @internal */
  constructor(
    private readonly args: unknown[],
    private readonly type: Function | undefined,
    private readonly handler: Function | undefined,
  ) {}

  /** Of any context that is of type `stepwell`, that of a filter included. */
  static create(context: ArgumentsHost): StepwellExecutionContext {
    const { getClass, getHandler } = context as Partial<ExecutionContext>;
    return new StepwellExecutionContext(
      context.getArgs(),
      getClass?.call(context),
      getHandler?.call(context),
    );
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- the default of `Job` itself
  getJob<D = any>(): Job<D> {
    return this.getInfo().job as Job<D>;
  }

  /** Name of the step that runs, or is undone; undefined for `@Process`. */
  getStep(): string | undefined {
    return this.getInfo().step;
  }

  /** All that is known of the call. */
  getInfo(): HandleInfo {
    return this.args.at(-1) as HandleInfo;
  }

  /** `stepwell`. */
  getType<T extends string = 'stepwell'>(): T {
    return 'stepwell' as T;
  }

  /** The processor's class; undefined in a filter. */
  getClass<T = unknown>(): Type<T> {
    return this.type as Type<T>;
  }

  /** Where the handler's metadata is; undefined in a filter. */
  getHandler(): Function {
    return this.handler as Function;
  }

  /** What the handler gets where its parameters have no decorators, then its `HandleInfo`. */
  getArgs<T extends unknown[] = unknown[]>(): T {
    return this.args as T;
  }

  getArgByIndex<T = unknown>(index: number): T {
    return this.args[index] as T;
  }

  /** Throws: Nest asks for it, and a job has no request. */
  switchToHttp(): never {
    return this.refuse('switchToHttp');
  }

  /** Throws: a job has no client of a transport. */
  switchToRpc(): never {
    return this.refuse('switchToRpc');
  }

  /** Throws: a job has no socket. */
  switchToWs(): never {
    return this.refuse('switchToWs');
  }

  private refuse(method: string): never {
    throw new TypeError(`${method}() has no meaning for a job. Ask isStepwellContext(context) before.`);
  }
}
