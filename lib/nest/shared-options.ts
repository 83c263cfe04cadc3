import type { ModuleRef } from '@nestjs/core';
import { InvalidOptionError } from '../job/errors.js';
import type { Telemetry } from '../job/telemetry.js';
import type { QueueOptions } from '../queue/queue-options.js';
import type { StepwellOptions } from './interfaces/stepwell-options.interface.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import { queueOptionsOf } from './root-options.js';
import { STEPWELL_OPTIONS } from './stepwell.module-definition.js';

/** Where the SDK of OpenTelemetry registers itself, for all copies of its API in a process. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** What `forRoot` was given, as it concerns queues, workers and flow producers. */
export class SharedOptions {
  private constructor(
    /** Undefined without `forRoot`. */
    readonly queue: QueueOptions | undefined,
    readonly failFast: boolean,
  ) {}

  static async of(options: StepwellOptions | undefined, module: ModuleRef): Promise<SharedOptions> {
    if (!options && hasRoot(module)) {
      // No queue opens at a default place. Where the root failed, its own error has ended the start by then.
      await new Promise<void>((resolve) => systemRuntime.setSoon(resolve));
      throw new InvalidOptionError('forRoot options', options, 'Use an object.');
    }
    if (!options) {
      return new SharedOptions(undefined, false);
    }
    const { failFast = false, telemetry = await registeredTelemetry() } = options;
    const queue = queueOptionsOf({ ...options, ...(telemetry === undefined ? {} : { telemetry }) });
    return new SharedOptions(queue, failFast);
  }
}

/** Nest gives undefined for an optional dependency that failed, as for one that is not there. */
function hasRoot(module: ModuleRef): boolean {
  try {
    module.get(STEPWELL_OPTIONS, { strict: false });
    return true;
  } catch {
    return false;
  }
}

/** OpenTelemetry, where the process has set it up; nothing is loaded where not. */
async function registeredTelemetry(): Promise<Telemetry | undefined> {
  const registered = (globalThis as Record<symbol, { trace?: unknown; metrics?: unknown } | undefined>)[
    REGISTERED
  ];
  if (!registered?.trace && !registered?.metrics) {
    return undefined;
  }
  try {
    const { openTelemetry } = await import('../otel/open-telemetry.js');
    return openTelemetry();
  } catch {
    return undefined;
  }
}
