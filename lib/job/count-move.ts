import { MetricNames, TelemetryAttributes } from './telemetry-names.js';

/** Of BullMQ's telemetry, what measures. */
interface Measuring {
  meter?: {
    createCounter(name: string, options?: object): { add(value: number, attributes?: object): void };
    createHistogram(name: string, options?: object): { record(value: number, attributes?: object): void };
  };
}

/** What is counted of a job. */
export interface Counted {
  readonly name: string;
  readonly queueName: string;
  readonly processedOn?: number | null | undefined;
  readonly finishedOn?: number | null | undefined;
  readonly runtime: { now(): number };
}

const COUNTERS = {
  completed: [MetricNames.JobsCompleted, 'Number of jobs completed'],
  failed: [MetricNames.JobsFailed, 'Number of jobs failed'],
  retried: [MetricNames.JobsRetried, 'Number of jobs retried'],
  delayed: [MetricNames.JobsDelayed, 'Number of jobs delayed'],
  waiting: [MetricNames.JobsWaiting, 'Number of jobs waiting'],
  'waiting-children': [MetricNames.JobsWaitingChildren, 'Number of jobs waiting for children'],
} as const;

/** Counts that a run has ended in a state, and how long it took. */
export function countMove({ meter }: Measuring, job: Counted, state: keyof typeof COUNTERS): void {
  if (!meter) {
    return;
  }
  const [name, description] = COUNTERS[state];
  const attributes = {
    [TelemetryAttributes.QueueName]: job.queueName,
    [TelemetryAttributes.JobName]: job.name,
    [TelemetryAttributes.JobState]: state,
  };
  meter.createCounter(name, { description, unit: '1' }).add(1, attributes);
  if (typeof job.processedOn === 'number') {
    const tookMs = (job.finishedOn ?? job.runtime.now()) - job.processedOn;
    meter
      .createHistogram(MetricNames.JobDuration, { description: 'Job processing duration', unit: 'ms' })
      .record(tookMs, attributes);
  }
}
