import { StepwellError } from '../job/errors.js';

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
      `${handler} has ${decorator}, but its class has no @Processor that names a queue.`,
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
    const jobs =
      jobName === undefined ? 'all jobs without a handler of their own' : `jobs named '${jobName}'`;
    super(`${first} and ${second} both handle ${jobs} of queue ${queue}.`, 'DUPLICATE_HANDLER');
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
      `${method} compensates '${step}', which is no step of its class. Steps: ${known}.`,
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

/** A processor class is request-scoped or transient: there would be no instance for its jobs. */
export class ScopedProcessorError extends StepwellError {
  constructor(
    readonly queue: string,
    readonly className: string,
  ) {
    super(
      `${className}, a processor of queue ${queue}, is request-scoped or transient, by itself or through what is ` +
        'injected into it. Processors need the default scope.',
      'SCOPED_PROCESSOR',
    );
  }
}

/** A listening method names no queue, and its class has no `@Processor` that would. */
export class ListenerWithoutQueueError extends StepwellError {
  constructor(readonly listener: string) {
    super(
      `${listener} listens to a queue but names none. Name it, such as @OnQueueEvent('completed', 'orders').`,
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
