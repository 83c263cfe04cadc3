import type { TracedWork } from './telemetry.js';
import { TelemetryAttributes } from './telemetry-names.js';

/** Name and attributes of a span as dashboards for BullMQ look for them. Never what a job holds: it may be private. */
export function describeForBullMQ(work: TracedWork): {
  name: string;
  attributes: Record<string, string | number>;
} {
  const queue = 'job' in work ? work.job.queueName : work.queueName;
  // There a scheduler is added as its first job is.
  const isOne = work.kind === 'schedule' || (work.kind === 'add' && work.count === 1);
  const operation = isOne ? 'add' : work.kind === 'add' ? 'addBulk' : work.kind;
  const attributes: Record<string, string | number> = {
    [TelemetryAttributes.QueueName]: queue,
    [TelemetryAttributes.QueueOperation]: operation,
    ...jobAttributes(work),
  };
  if (work.kind === 'add' && work.count > 1) attributes[TelemetryAttributes.BulkCount] = work.count;
  if (work.kind === 'process') {
    attributes[TelemetryAttributes.WorkerId] = work.workerId;
    attributes[TelemetryAttributes.JobAttemptsMade] = work.job.attemptsMade;
  }
  if (work.kind === 'schedule') attributes[TelemetryAttributes.JobSchedulerId] = work.schedulerId;
  const jobName = isOne && work.jobName ? `.${work.jobName}` : '';
  return { name: `${operation} ${'step' in work ? work.step : queue + jobName}`, attributes };
}

function jobAttributes(work: TracedWork): Record<string, string> {
  if ('job' in work) {
    return { [TelemetryAttributes.JobId]: work.job.id, [TelemetryAttributes.JobName]: work.job.name };
  }
  if (work.kind === 'signal') return { [TelemetryAttributes.JobId]: work.jobId };
  return work.jobName === undefined ? {} : { [TelemetryAttributes.JobName]: work.jobName };
}
