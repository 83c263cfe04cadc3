import { StepwellError } from '../../job/errors.js';

/** A class with `@Processor` has no `process`. */
export class InvalidProcessorClassError extends StepwellError {
  constructor(className: string) {
    super(
      `The processor ${className} has to extend WorkerHost and have a method process().`,
      'INVALID_PROCESSOR_CLASS',
    );
  }
}

/** A class with `@QueueEventsListener` is none. */
export class InvalidQueueEventsListenerClassError extends StepwellError {
  constructor(className: string) {
    super(`The listener ${className} has to extend QueueEventsHost.`, 'INVALID_LISTENER_CLASS');
  }
}

/** There is no shared configuration under a `configKey`. */
export class MissingBullSharedConfigurationError extends StepwellError {
  constructor(configKey: string, name: string) {
    super(
      `${name} is to use the configuration "${configKey}", which is not there: import BullModule.forRoot("${configKey}", …).`,
      'MISSING_SHARED_CONFIGURATION',
    );
  }
}

/** A processor or a listener is of a queue that nobody has registered, and there is no shared configuration. */
export class MissingQueueError extends StepwellError {
  constructor(className: string, queueName: string) {
    super(
      `${className} is of the queue ${queueName}, which is not registered: import BullModule.registerQueue({ name: '${queueName}' }).`,
      'MISSING_QUEUE',
    );
  }
}

/** `this.worker` or `this.queueEvents` was asked for before it was there. */
export class NotRegisteredError extends StepwellError {
  constructor(className: string, what: string) {
    super(
      `The ${what} of ${className} is not there yet: it comes when the application is initialized.`,
      'NOT_REGISTERED',
    );
  }
}
