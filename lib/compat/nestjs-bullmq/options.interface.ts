import type { FactoryProvider, ModuleMetadata, Provider, Scope, Type } from '@nestjs/common';
import type { FlowProducerOptions } from '../bullmq/flow-producer.js';
import type { Job } from '../bullmq/job.js';
import type { QueueOptions } from '../bullmq/queue-options.js';
import type { QueueEventsOptions } from '../bullmq/queue-events.js';
import type { WorkerOptions } from '../bullmq/worker.js';

export type BullQueueProcessorCallback = (job: Job) => Promise<unknown>;
export type BullQueueSeparateProcessor = string | URL;

export interface BullQueueAdvancedProcessor extends Partial<WorkerOptions> {
  concurrency?: number;
  callback: BullQueueProcessorCallback;
}

export interface BullQueueAdvancedSeparateProcessor extends Partial<WorkerOptions> {
  concurrency?: number;
  path: BullQueueSeparateProcessor;
  useWorkerThreads?: boolean;
}

/** What runs the jobs of a queue, given where it is registered. */
export type BullQueueProcessor =
  | BullQueueProcessorCallback
  | BullQueueAdvancedProcessor
  | BullQueueSeparateProcessor
  | BullQueueAdvancedSeparateProcessor;

export interface NestQueueOptions extends QueueOptions {
  /** Without effect: equal options share a connection. */
  sharedConnection?: boolean;
}

export interface NestWorkerOptions extends WorkerOptions {
  /** Without effect: equal options share a connection. */
  sharedConnection?: boolean;
}

export interface NestQueueEventOptions extends QueueEventsOptions {
  /** Without effect: equal options share a connection. */
  sharedConnection?: boolean;
  telemetry?: unknown;
}

export interface BullModuleExtraOptions {
  /** Whether nothing starts before `BullRegistrar.register()` is called. Default false. */
  manualRegistration?: boolean;
}

export interface BullRootModuleOptions extends QueueOptions {
  extraOptions?: BullModuleExtraOptions;
}

export interface SharedBullConfigurationFactory {
  createSharedConfiguration(): Promise<BullRootModuleOptions> | BullRootModuleOptions;
}

export interface SharedBullAsyncConfiguration extends Pick<ModuleMetadata, 'imports'> {
  useExisting?: Type<SharedBullConfigurationFactory>;
  useClass?: Type<SharedBullConfigurationFactory>;
  useFactory?: (...args: any[]) => Promise<QueueOptions> | QueueOptions;
  inject?: NonNullable<FactoryProvider['inject']>;
  extraOptions?: BullModuleExtraOptions;
  extraProviders?: Provider[];
}

export interface RegisterQueueOptions extends NestQueueOptions {
  /** Default: `default`. */
  name?: string;
  /** Of the shared configuration that these options stand on. */
  configKey?: string;
  processors?: BullQueueProcessor[];
  /** Whether to cut the connection after the queue was closed. Default false. */
  forceDisconnectOnShutdown?: boolean;
}

export interface RegisterQueueOptionsFactory {
  createRegisterQueueOptions(): Promise<RegisterQueueOptions> | RegisterQueueOptions;
}

export interface RegisterQueueAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  name?: string;
  configKey?: string;
  useExisting?: Type<RegisterQueueOptionsFactory>;
  useClass?: Type<RegisterQueueOptionsFactory>;
  useFactory?: (...args: any[]) => Promise<RegisterQueueOptions> | RegisterQueueOptions;
  inject?: NonNullable<FactoryProvider['inject']>;
  extraProviders?: Provider[];
}

export interface RegisterFlowProducerOptions extends FlowProducerOptions {
  name?: string;
  configKey?: string;
  /** Whether to cut the connection after the flow producer was closed. Default true. */
  forceDisconnectOnShutdown?: boolean;
}

export interface RegisterFlowProducerOptionsFactory {
  createRegisterQueueOptions(): Promise<RegisterFlowProducerOptions> | RegisterFlowProducerOptions;
}

export interface RegisterFlowProducerAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  name?: string;
  configKey?: string;
  useExisting?: Type<RegisterFlowProducerOptionsFactory>;
  useClass?: Type<RegisterFlowProducerOptionsFactory>;
  useFactory?: (...args: any[]) => Promise<RegisterFlowProducerOptions> | RegisterFlowProducerOptions;
  inject?: NonNullable<FactoryProvider['inject']>;
}

export interface ProcessorOptions {
  /** Of the queue. */
  name?: string;
  scope?: Scope;
  configKey?: string;
}

export type QueueEventsListenerOptions = { queueName: string; queueEventsOptions?: NestQueueEventOptions };
