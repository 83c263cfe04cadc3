import { type Attributes, SpanKind } from '@opentelemetry/api';
import { describeForBullMQ } from '../job/describe-for-bullmq.js';
import type { TracedWork } from '../job/telemetry.js';

/** `stepwell`: the semantic conventions of messaging. `bullmq`: names that dashboards for BullMQ look for. */
export type TelemetryNames = 'stepwell' | 'bullmq';

export interface WorkDescription {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
}

const KINDS: Record<TracedWork['kind'], SpanKind> = {
  add: SpanKind.PRODUCER,
  schedule: SpanKind.PRODUCER,
  signal: SpanKind.PRODUCER,
  process: SpanKind.CONSUMER,
  step: SpanKind.INTERNAL,
  compensate: SpanKind.INTERNAL,
};

/** Operation types of the conventions; work within a job is no operation on a queue. */
const TYPES: Partial<Record<TracedWork['kind'], string>> = {
  add: 'send',
  schedule: 'send',
  signal: 'send',
  process: 'process',
};

/** Never what a job holds: its data, result and reasons may be private. */
export function describeWork(work: TracedWork, names: TelemetryNames): WorkDescription {
  const kind = KINDS[work.kind];
  return names === 'bullmq' ? { kind, ...describeForBullMQ(work) } : { kind, ...stepwell(work) };
}

export function queueOf(work: TracedWork): string {
  return 'job' in work ? work.job.queueName : work.queueName;
}

/** Such as `add orders`, `process orders`, `step charge`. */
function stepwell(work: TracedWork): Omit<WorkDescription, 'kind'> {
  const queue = queueOf(work);
  const type = TYPES[work.kind];
  const attributes: Attributes = {
    'messaging.system': 'stepwell',
    'messaging.destination.name': queue,
    'messaging.operation.name': work.kind,
    ...(type === undefined ? {} : { 'messaging.operation.type': type }),
    ...jobAttributes(work, 'messaging.message.id', 'stepwell.job.name'),
  };
  if (work.kind === 'add' && work.count > 1) attributes['messaging.batch.message_count'] = work.count;
  if (work.kind === 'signal') attributes['stepwell.signal.name'] = work.signal;
  if (work.kind === 'schedule') attributes['stepwell.scheduler.id'] = work.schedulerId;
  if (work.kind === 'process') {
    attributes['messaging.client.id'] = work.workerId;
    attributes['stepwell.job.attempt'] = work.job.attemptsMade + 1;
    attributes['stepwell.job.run'] = work.job.attemptsStarted;
  }
  if ('step' in work) {
    attributes['stepwell.step.name'] = work.step;
    attributes['stepwell.step.attempt'] = work.attempt;
  }
  return { name: `${work.kind} ${'step' in work ? work.step : queue}`, attributes };
}

function jobAttributes(work: TracedWork, id: string, name: string): Attributes {
  if ('job' in work) return { [id]: work.job.id, [name]: work.job.name };
  if (work.kind === 'signal') return { [id]: work.jobId };
  return work.jobName === undefined ? {} : { [name]: work.jobName };
}

/** The attribute that names a job that was added. */
export function idAttribute(names: TelemetryNames): string {
  return names === 'bullmq' ? 'bullmq.job.id' : 'messaging.message.id';
}
