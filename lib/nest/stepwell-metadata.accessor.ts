import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { DedupPolicy } from '../job/dedup-policy.js';
import type { StepOptions } from '../steps/step-definition.js';
import type { ScheduleMetadata } from './decorators/schedule-options.js';
import type {
  CompensationMetadata,
  HandlerMetadata,
  LimitMetadata,
  ListenerMetadata,
  ProcessorMetadata,
} from './interfaces/metadata.interface.js';
import {
  COMPENSATIONS_METADATA,
  DEDUP_METADATA,
  HANDLERS_METADATA,
  LIMITS_METADATA,
  LISTENERS_METADATA,
  SCHEDULES_METADATA,
  PROCESSOR_METADATA,
  STEP_METADATA,
} from './stepwell.constants.js';

/** Reads what the decorators left on classes and methods. */
@Injectable()
export class StepwellMetadataAccessor {
  constructor(private readonly reflector: Reflector) {}

  getProcessor(target: unknown): ProcessorMetadata | undefined {
    return this.read(PROCESSOR_METADATA, target);
  }

  getHandlers(method: unknown): HandlerMetadata[] {
    return this.read<HandlerMetadata[]>(HANDLERS_METADATA, method) ?? [];
  }

  getStep(method: unknown): StepOptions | undefined {
    return this.read(STEP_METADATA, method);
  }

  getCompensations(method: unknown): CompensationMetadata[] | undefined {
    return this.read(COMPENSATIONS_METADATA, method);
  }

  getListeners(method: unknown): ListenerMetadata[] {
    return this.read<ListenerMetadata[]>(LISTENERS_METADATA, method) ?? [];
  }

  getSchedules(method: unknown): ScheduleMetadata[] {
    return this.read<ScheduleMetadata[]>(SCHEDULES_METADATA, method) ?? [];
  }

  /** Of a class or a method. */
  getDedup(target: unknown): DedupPolicy | undefined {
    return this.read(DEDUP_METADATA, target);
  }

  /** Of a class or a method. */
  getLimits(target: unknown): LimitMetadata[] {
    return this.read<LimitMetadata[]>(LIMITS_METADATA, target) ?? [];
  }

  private read<T>(key: string, target: unknown): T | undefined {
    return typeof target === 'function' ? this.reflector.get<T | undefined>(key, target) : undefined;
  }
}
