import type { Attributes, Counter, Histogram, Meter, ObservableGauge } from '@opentelemetry/api';
import type { MeasuredQueue, TracedOutcome } from '../job/telemetry.js';
import type { TelemetryNames } from './describe-work.js';

const SECOND_MS = 1000;

/** Metrics of jobs and queues. Durations are in seconds as the conventions ask, in ms under BullMQ's names. */
export class JobMeters {
  private readonly queues = new Set<MeasuredQueue>();
  private readonly sent: Counter;
  private readonly started: Counter;
  private readonly ended: Record<'completed' | 'failed' | 'retried', Counter>;
  private readonly duration: Histogram;
  private readonly wait: Histogram;
  private readonly queueName: string;
  private readonly jobName: string;

  constructor(
    private readonly meter: Meter,
    private readonly names: TelemetryNames,
  ) {
    const own = names !== 'bullmq';
    const prefix = own ? 'stepwell' : 'bullmq';
    const count = (name: string, description: string): Counter =>
      meter.createCounter(name, { description, unit: own ? '{message}' : '1' });
    const unit = own ? 's' : 'ms';
    this.queueName = own ? 'messaging.destination.name' : 'bullmq.queue.name';
    this.jobName = own ? 'stepwell.job.name' : 'bullmq.job.name';
    this.sent = count(own ? 'messaging.client.sent.messages' : 'bullmq.jobs.added', 'Jobs that were added');
    this.started = count(
      own ? 'messaging.client.consumed.messages' : 'bullmq.jobs.started',
      'Runs of jobs that were started',
    );
    this.ended = {
      completed: count(`${prefix}.jobs.completed`, 'Jobs that completed'),
      failed: count(`${prefix}.jobs.failed`, 'Jobs that failed for good'),
      retried: count(`${prefix}.jobs.retried`, 'Attempts that failed and are tried again'),
    };
    this.duration = meter.createHistogram(own ? 'messaging.process.duration' : 'bullmq.job.duration', {
      description: 'How long a run of a job took',
      unit,
    });
    this.wait = meter.createHistogram(`${prefix}.job.wait`, {
      description: 'How long a job waited for its first run since it was due',
      unit,
    });
    this.observe(`${prefix}.queue.jobs`, 'Jobs by state', '{job}', (queue, observe) =>
      this.depth(queue, observe),
    );
    this.observe(`${prefix}.queue.lag`, 'How long the oldest job has waited', unit, (queue, observe) =>
      this.lag(queue, observe),
    );
  }

  measure(queue: MeasuredQueue): () => void {
    this.queues.add(queue);
    return () => void this.queues.delete(queue);
  }

  added(queue: string, jobName: string | undefined, count: number): void {
    this.sent.add(count, this.attributes(queue, jobName));
  }

  began(queue: string, jobName: string, waitMs: number | undefined): void {
    const attributes = this.attributes(queue, jobName);
    this.started.add(1, attributes);
    if (waitMs !== undefined) this.wait.record(this.time(Math.max(waitMs, 0)), attributes);
  }

  over(
    queue: string,
    jobName: string,
    { outcome, tookMs, error }: { outcome: TracedOutcome; tookMs: number; error: string | undefined },
  ): void {
    const attributes = this.attributes(queue, jobName);
    this.duration.record(
      this.time(tookMs),
      error === undefined ? attributes : { ...attributes, 'error.type': error },
    );
    if (outcome in this.ended) this.ended[outcome as 'completed'].add(1, attributes);
  }

  private attributes(queue: string, jobName: string | undefined): Attributes {
    const system = this.names === 'bullmq' ? {} : { 'messaging.system': 'stepwell' };
    return {
      ...system,
      [this.queueName]: queue,
      ...(jobName === undefined ? {} : { [this.jobName]: jobName }),
    };
  }

  private time(ms: number): number {
    return this.names === 'bullmq' ? ms : ms / SECOND_MS;
  }

  /** A queue that cannot be read now is left out. */
  private observe(
    name: string,
    description: string,
    unit: string,
    read: (queue: MeasuredQueue, observe: (value: number, attributes: Attributes) => void) => Promise<void>,
  ): void {
    const gauge: ObservableGauge = this.meter.createObservableGauge(name, { description, unit });
    gauge.addCallback(async (result) => {
      const observe = (value: number, attributes: Attributes): void => result.observe(value, attributes);
      await Promise.allSettled([...this.queues].map((queue) => read(queue, observe)));
    });
  }

  private async depth(
    queue: MeasuredQueue,
    observe: (value: number, attributes: Attributes) => void,
  ): Promise<void> {
    const state = this.names === 'bullmq' ? 'bullmq.queue.jobs.state' : 'stepwell.job.state';
    for (const [name, jobs] of Object.entries(await queue.getJobCounts())) {
      observe(jobs, { ...this.attributes(queue.name, undefined), [state]: name });
    }
  }

  private async lag(
    queue: MeasuredQueue,
    observe: (value: number, attributes: Attributes) => void,
  ): Promise<void> {
    observe(this.time(await queue.getLagMs()), this.attributes(queue.name, undefined));
  }
}
