import { didYouMean } from '../job/known-names.js';
import { StepwellError } from '../job/errors.js';
import { UnrecoverableError } from '../job/special-errors.js';

const NONE = 'none';

/** A job's name has no handler in any class of its queue. The attempt fails like with any other error. */
export class UnknownJobNameError extends StepwellError {
  constructor(
    readonly queue: string,
    readonly jobName: string,
    readonly knownNames: readonly string[],
  ) {
    const known = knownNames.map((name) => `'${name}'`).join(', ') || NONE;
    super(
      `Queue ${queue} has no handler for jobs named '${jobName}'. Handlers: ${known}.`,
      'UNKNOWN_JOB_NAME',
    );
  }
}

/** A class with `@Processor` has no method that takes jobs. */
export class MissingHandlerError extends StepwellError {
  constructor(
    readonly queue: string,
    readonly className: string,
  ) {
    super(
      `${className} is a processor of queue ${queue} but handles no job. Put @Process() or @Step() on its methods.`,
      'MISSING_HANDLER',
    );
  }
}

/** A method with `@Process` or `@Step` is in a class without `@Processor`, so that no job would ever reach it. */
export class MissingProcessorError extends StepwellError {
  constructor(
    readonly handler: string,
    decorator = '@Process',
  ) {
    super(
      `${handler} has ${decorator}, but its class has no @Processor. Put it there, such as @Processor('orders').`,
      'MISSING_PROCESSOR',
    );
  }
}

/** With `failFast`: a class with `@Processor` is among the providers of no module. */
export class ProcessorNotProvidedError extends StepwellError {
  constructor(
    readonly className: string,
    readonly queue: string,
  ) {
    super(
      `${className} processes no jobs of queue ${queue} here: it is not among the providers of any module. Add it to one.`,
      'PROCESSOR_NOT_PROVIDED',
    );
  }
}

/** Two methods want the same jobs of a queue. */
export class DuplicateHandlerError extends StepwellError {
  constructor(
    readonly queue: string,
    readonly jobName: string | undefined,
    readonly first: string,
    readonly second: string,
  ) {
    const what =
      jobName === undefined
        ? `the jobs of queue ${queue} that no other handler names. Name those of one: @Process('…'), or jobName of @Processor.`
        : `jobs named '${jobName}' of queue ${queue}.`;
    super(`${first} and ${second} both handle ${what}`, 'DUPLICATE_HANDLER');
  }
}

/** A method with `@Compensate` names a step that its class does not have. */
export class UnknownCompensationError extends StepwellError {
  constructor(
    readonly method: string,
    readonly step: string,
    readonly knownSteps: readonly string[],
  ) {
    const known = knownSteps.map((name) => `'${name}'`).join(', ') || NONE;
    super(
      `${method} compensates '${step}', which is no step of its class. ${didYouMean(step, knownSteps)}Steps: ${known}.`,
      'UNKNOWN_COMPENSATION',
    );
  }
}

/** Two methods with `@Compensate` name one step. */
export class DuplicateCompensationError extends StepwellError {
  constructor(
    readonly method: string,
    readonly step: string,
  ) {
    super(
      `${method} compensates '${step}', and so does another method of its class.`,
      'DUPLICATE_COMPENSATION',
    );
  }
}

/** Two classes share the worker of a queue and want different options for it. */
export class ConflictingWorkerOptionsError extends StepwellError {
  constructor(
    readonly queue: string,
    readonly option: string,
    readonly first: string,
    readonly second: string,
  ) {
    super(
      `${first} and ${second} share one worker of queue ${queue} but set ${option} differently. Set it in one of them.`,
      'CONFLICTING_WORKER_OPTIONS',
    );
  }
}

/** A method that gets batches has to be the only handler of its queue: its worker fetches nothing but batches. */
export class BatchHandlerError extends StepwellError {
  constructor(
    readonly queue: string,
    readonly handler: string,
    readonly other: string,
  ) {
    super(
      `${handler} takes the jobs of queue ${queue} in batches, so there can be no ${other} beside it. Give one of them a queue of its own.`,
      'BATCH_HANDLER',
    );
  }
}

/** A flow producer was registered twice with different options. */
export class ConflictingFlowProducerOptionsError extends StepwellError {
  constructor(
    readonly token: string,
    readonly options: readonly string[],
  ) {
    super(
      `${token} is registered twice with different options: ${options.join(', ')}. Give one of them a name.`,
      'CONFLICTING_FLOW_PRODUCER_OPTIONS',
    );
  }
}

/** A queue was registered twice with different options. */
export class ConflictingQueueOptionsError extends StepwellError {
  constructor(
    readonly queue: string,
    /** Those that differ, such as `defaultJobOptions.attempts`. */
    readonly options: readonly string[],
  ) {
    super(
      `Queue ${queue} is registered twice with different options: ${options.join(', ')}. Register it once, or alike.`,
      'CONFLICTING_QUEUE_OPTIONS',
    );
  }
}

/** Nobody registered the queue, and there are no shared options that say where it would be. */
export class QueueNotRegisteredError extends StepwellError {
  constructor(
    readonly queue: string,
    wantedBy: string,
  ) {
    super(
      `${wantedBy} needs queue ${queue}, which is not registered. ` +
        `Import StepwellModule.registerQueue({ name: '${queue}' }).`,
      'QUEUE_NOT_REGISTERED',
    );
  }
}

/**
 * A guard or a pipe has refused a job, which fails for good before its handler has run. `cause` is what was thrown, such as
 * a `ForbiddenException` or the `BadRequestException` of a `ValidationPipe`.
 */
export class JobRefusedError extends UnrecoverableError {
  readonly code = 'JOB_REFUSED';

  constructor(
    readonly handler: string,
    cause: unknown,
  ) {
    super(`${handler} was not called: ${reasonOf(cause)}`);
    this.name = 'JobRefusedError';
    this.cause = cause;
  }
}

/** An enhancer of the whole application is request-scoped: jobs, which it is meant for as well, would pass it by. */
export class ScopedGlobalEnhancerError extends StepwellError {
  constructor(
    readonly kind: string,
    readonly enhancer: string,
  ) {
    super(
      `The global ${kind} ${enhancer} is request-scoped, which globalEnhancers cannot bring to jobs. ` +
        'Make it a single instance, or put it on the processor classes.',
      'SCOPED_GLOBAL_ENHANCER',
    );
  }
}

/** A transient guard, pipe, interceptor or filter is on a processor that is not made for each job. */
export class TransientEnhancerError extends StepwellError {
  constructor(
    readonly handler: string,
    readonly enhancer: string,
  ) {
    super(
      `${handler} has ${enhancer}, which is transient: Nest makes no instance of it for a provider. ` +
        'Make it a single instance, or request-scoped.',
      'TRANSIENT_ENHANCER',
    );
  }
}

/** A parameter decorator asks for what its handler never has. */
export class MisplacedParameterError extends StepwellError {
  constructor(
    readonly handler: string,
    readonly decorator: string,
    fix: string,
  ) {
    super(`${handler} has ${decorator} on a parameter. ${fix}`, 'MISPLACED_PARAMETER');
  }
}

/** Pipes are on a handler that gives them nothing to work on, so that what they are to check would pass unseen. */
export class PipesWithoutParameterError extends StepwellError {
  constructor(readonly place: string) {
    super(
      `${place} has @UsePipes, but no parameter that pipes are for. Take the data by a parameter with @JobData().`,
      'PIPES_WITHOUT_PARAMETER',
    );
  }
}

/** A method with `@Cron` or `@Every` takes no jobs by itself. */
export class ScheduleWithoutHandlerError extends StepwellError {
  constructor(
    readonly method: string,
    decorator: string,
  ) {
    super(
      `${method} has ${decorator}, but takes no jobs. Put @Process('name') on it, or ${decorator} on the first @Step of the class.`,
      'SCHEDULE_WITHOUT_HANDLER',
    );
  }
}

/** Two schedules of a queue have one id. */
export class DuplicateScheduleError extends StepwellError {
  constructor(
    readonly schedulerId: string,
    first: string,
    second: string,
  ) {
    super(
      `The schedule ${schedulerId} is on ${first} and on ${second}. Give each a name: { name: 'reports-weekly' }.`,
      'DUPLICATE_SCHEDULE',
    );
  }
}

/** A listening method names no queue, and its class has no `@Processor` that would. */
export class ListenerWithoutQueueError extends StepwellError {
  constructor(
    readonly listener: string,
    example = "@OnQueueEvent('completed', 'orders')",
  ) {
    super(
      `${listener} listens to a queue but names none. Name it, such as ${example}.`,
      'LISTENER_WITHOUT_QUEUE',
    );
  }
}

/** A method listens to the worker of a queue that no class of this application processes. */
export class ListenerWithoutWorkerError extends StepwellError {
  constructor(
    readonly queue: string,
    readonly listener: string,
  ) {
    super(
      `${listener} listens to the worker of queue ${queue}, but this application has none. Use @OnQueueEvent.`,
      'LISTENER_WITHOUT_WORKER',
    );
  }
}

/** A validation pipe says what is wrong in the body of its exception. */
function reasonOf(cause: unknown): string {
  const { getResponse, message } = cause as { getResponse?: () => unknown; message?: unknown };
  const body = getResponse?.call(cause) as { message?: unknown } | undefined;
  const said = body?.message;
  return Array.isArray(said) && said.length > 0 ? said.map(String).join('; ') : String(message);
}

/** A module that was loaded lazily has a processor of a queue that has a worker already, whose handlers are settled. */
export class LateProcessorError extends StepwellError {
  constructor(className: string, queue: string) {
    super(
      `${className} comes too late: the queue ${queue} has a worker already. Give it a queue of its own, or import its module at the start.`,
      'LATE_PROCESSOR',
    );
  }
}
