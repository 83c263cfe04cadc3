import 'reflect-metadata';
import type { FlowJob } from '../../job/flow-job.js';
import type { RepeatOptions } from '../../job/repeat-options.js';
import type { JobSchedulerTemplateOptions } from '../../schedule/job-scheduler.js';
import { SCHEDULES_METADATA } from '../stepwell.constants.js';

/** What `@Cron` and `@Every` take besides when. */
export interface ScheduleOptions extends Omit<RepeatOptions, 'pattern' | 'every'> {
  /** Id of the job scheduler. Default: class and method, such as `Reports.daily`. */
  name?: string;
  /** Data of its jobs. Default `{}`. */
  data?: unknown;
  /** Options of its jobs. */
  opts?: JobSchedulerTemplateOptions;
  /** Jobs that have to end before that of a slot runs: each slot brings them. */
  children?: FlowJob[];
}

/** What a decorator leaves on a method. */
export interface ScheduleMetadata {
  /** Such as `@Cron`. */
  decorator: string;
  repeat: RepeatOptions;
  options: Pick<ScheduleOptions, 'name' | 'data' | 'opts' | 'children'>;
}

/** A method may have several. */
export function addSchedule(
  decorator: string,
  when: Pick<RepeatOptions, 'pattern' | 'every'>,
  { name, data, opts, children, ...repeat }: ScheduleOptions,
): MethodDecorator {
  const added: ScheduleMetadata = {
    decorator,
    repeat: { ...when, ...repeat },
    options: {
      ...(name === undefined ? {} : { name }),
      ...(data === undefined ? {} : { data }),
      ...(opts === undefined ? {} : { opts }),
      ...(children === undefined ? {} : { children }),
    },
  };
  return (_target, _method, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as object;
    const present = (Reflect.getOwnMetadata(SCHEDULES_METADATA, method) ?? []) as ScheduleMetadata[];
    Reflect.defineMetadata(SCHEDULES_METADATA, [added, ...present], method);
  };
}
