import type { Job } from '../../job/job.js';
import type { HandlerCall } from './handler-call.js';

/** Kinds of our parameter decorators. To pipes, job data is what a body is; Nest calls all numbers that it does not know custom. */
export const PARAMETER_KINDS = { data: 3, id: 1001, context: 1002, signal: 1003, stepResult: 1004 } as const;

/** Gives decorated parameters their values. The call is the last of the arguments that a context carries. */
export const jobParameters = {
  exchangeKeyForValue(kind: number, data: unknown, args: unknown[]): unknown {
    const call = args.at(-1) as HandlerCall;
    switch (kind) {
      case PARAMETER_KINDS.data:
        return ofEach(call, (job) => (data === undefined ? job.data : partOf(job.data, data as string)));
      case PARAMETER_KINDS.id:
        return ofEach(call, ({ id }) => id);
      case PARAMETER_KINDS.context:
        return call.context;
      case PARAMETER_KINDS.signal:
        return call.signal;
      case PARAMETER_KINDS.stepResult:
        return call.context?.result(data as never);
      default:
        // One of Nest's for requests, such as `@Headers()`.
        return undefined;
    }
  },
};

/** Of a batch, an array. */
function ofEach(call: HandlerCall, read: (job: Job) => unknown): unknown {
  return call.jobs ? [...call.jobs].map(read) : read(call.job);
}

function partOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null && Object.hasOwn(data, name)
    ? (data as Record<string, unknown>)[name]
    : undefined;
}
