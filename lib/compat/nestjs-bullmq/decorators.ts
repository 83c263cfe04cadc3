import { Inject, Injectable, type InjectableOptions, SetMetadata } from '@nestjs/common';
import type { QueueEventsListener as QueueEventsListenerEvents } from '../../events/queue-events-listener.js';
import type { WorkerListener } from '../bullmq/worker.js';
import {
  PROCESSOR_METADATA,
  QUEUE_EVENT_METADATA,
  QUEUE_EVENTS_LISTENER_METADATA,
  WORKER_EVENT_METADATA,
  WORKER_METADATA,
} from './constants.js';
import type {
  NestQueueEventOptions,
  NestWorkerOptions,
  ProcessorOptions,
  QueueEventsListenerOptions,
} from './options.interface.js';
import { getFlowProducerToken, getQueueToken } from './tokens.js';

export interface OnWorkerEventMetadata {
  eventName: keyof WorkerListener;
}

export interface OnQueueEventMetadata {
  eventName: keyof QueueEventsListenerEvents;
}

/** Injects a queue. */
export const InjectQueue = (name?: string): ReturnType<typeof Inject> => Inject(getQueueToken(name));

/** Injects a flow producer. */
export const InjectFlowProducer = (name?: string): ReturnType<typeof Inject> =>
  Inject(getFlowProducerToken(name));

/** Calls the method for each event of that name of the processor's own worker. */
export const OnWorkerEvent = (eventName: keyof WorkerListener): MethodDecorator =>
  SetMetadata(WORKER_EVENT_METADATA, { eventName } satisfies OnWorkerEventMetadata);

/** Calls the method for each event of that name of the listener's queue. */
export const OnQueueEvent = (eventName: keyof QueueEventsListenerEvents): MethodDecorator =>
  SetMetadata(QUEUE_EVENT_METADATA, { eventName } satisfies OnQueueEventMetadata);

/** Makes a class that extends `WorkerHost` the processor of a queue. */
export function Processor(queueName: string, workerOptions?: NestWorkerOptions): ClassDecorator;
export function Processor(options: ProcessorOptions, workerOptions?: NestWorkerOptions): ClassDecorator;
export function Processor(
  given: string | ProcessorOptions,
  workerOptions?: NestWorkerOptions,
): ClassDecorator {
  const options: ProcessorOptions = typeof given === 'string' ? { name: given } : given;
  const scope: InjectableOptions = options.scope === undefined ? {} : { scope: options.scope };
  return (target) => {
    // Makes it injectable, in that scope.
    Injectable(scope)(target);
    SetMetadata(PROCESSOR_METADATA, options)(target);
    SetMetadata(WORKER_METADATA, workerOptions)(target);
  };
}

/** Makes a class that extends `QueueEventsHost` listen to the events of a queue. */
export function QueueEventsListener(
  queueName: string,
  queueEventsOptions?: NestQueueEventOptions,
): ClassDecorator {
  const options: QueueEventsListenerOptions = {
    queueName,
    ...(queueEventsOptions ? { queueEventsOptions } : {}),
  };
  return (target) => {
    Injectable()(target);
    SetMetadata(QUEUE_EVENTS_LISTENER_METADATA, options)(target);
  };
}
