import { REQUEST } from '@nestjs/core';

const token = (family: string, name: string | undefined): string => `${family}_${name ? name : 'default'}`;

/** Under which a queue is injected. */
export function getQueueToken(name?: string): string {
  return token('BullQueue', name);
}

/** Under which the options of a queue are. */
export function getQueueOptionsToken(name?: string): string {
  return token('BullMQQueueOptions', name);
}

/** Under which a flow producer is injected. */
export function getFlowProducerToken(name?: string): string {
  return token('BullFlowProducer', name);
}

/** Under which the options of a flow producer are. */
export function getFlowProducerOptionsToken(name?: string): string {
  return token('BullMQFlowProducerOptions', name);
}

/** Under which a shared configuration is. */
export function getSharedConfigToken(configKey?: string): string {
  return configKey ? `BULLMQ_CONFIG(${configKey})` : BULL_CONFIG_DEFAULT_TOKEN;
}

/** Of the configuration without a key. */
export const BULL_CONFIG_DEFAULT_TOKEN = 'BULLMQ_CONFIG(default)';

/** Injects the job that an instance of a request-scoped processor was made for. */
export const JOB_REF = REQUEST;
