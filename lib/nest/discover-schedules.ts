import type { CodeSchedule } from '../schedule/code-schedules.js';
import type { HandlerMetadata } from './interfaces/metadata.interface.js';
import { DuplicateScheduleError, ScheduleWithoutHandlerError } from './nest-errors.js';
import type { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';

/** A method that may have schedules, and the jobs that it takes. */
export interface ScheduledMethod {
  method: string;
  /** Names of its jobs; undefined for jobs of any name. None where it takes no jobs by itself. */
  handlers: readonly Pick<HandlerMetadata, 'jobName'>[];
}

/** The schedules of a class. */
export function discoverSchedules(
  type: Function,
  accessor: StepwellMetadataAccessor,
  methods: readonly ScheduledMethod[],
): CodeSchedule[] {
  const prototype = type.prototype as Record<string, unknown>;
  const found = methods.flatMap(({ method, handlers }) =>
    accessor.getSchedules(prototype[method]).map(({ decorator, repeat, options }): CodeSchedule => {
      const label = `${type.name}.${method}()`;
      const [first] = handlers;
      if (!first) throw new ScheduleWithoutHandlerError(label, decorator);
      const { name: id = `${type.name}.${method}`, ...template } = options;
      return { id, repeat, template: { name: first.jobName ?? method, ...template }, label };
    }),
  );
  return refuseDuplicates(found);
}

/** One id is one job scheduler. */
export function refuseDuplicates(schedules: CodeSchedule[]): CodeSchedule[] {
  const labels = new Map<string, string>();
  for (const { id, label } of schedules) {
    const other = labels.get(id);
    if (other !== undefined) throw new DuplicateScheduleError(id, other, label);
    labels.set(id, label);
  }
  return schedules;
}
