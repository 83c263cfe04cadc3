import { JobNotFoundError } from './errors.js';
import type { Job } from './job.js';
import type { JobFields } from './job-record.js';
import {
  readStepEntries,
  type StepStatus,
  STEP_STATUS,
  storedStepReason,
  storedStepValue,
} from './job-steps.js';
import { decodeJson } from './json.js';

/** A step of an exported job, as it was when it last ran. Values are JSON as it is stored, whatever the queue's codec. */
export interface HistoryStep {
  /** `undo:<step>` for what undoes a step. */
  name: string;
  status: StepStatus;
  /** Counts the visits of all steps of the job: of two steps with consecutive numbers one followed the other. */
  visit: number;
  /** Tries of that visit. */
  attempts: number;
  /** Present where the step has completed with a value. */
  result?: unknown;
  /** What the signal brought that the step waited for; `timedOut` where none came. In place of `result`. */
  signal?: { timedOut: true } | { timedOut: false; payload: unknown };
  failedReason?: string;
}

/** A child of an exported job, by `prefix:queue:id`. */
export interface HistoryChild {
  key: string;
  state: 'pending' | 'completed' | 'ignored' | 'failed';
  result?: unknown;
  failedReason?: string;
}

/** What has become of a job with steps, as plain JSON. */
export interface JobHistory {
  format: 'stepwell-history-1';
  queueName: string;
  id: string;
  name: string;
  data: unknown;
  /** Milliseconds since 1970 by Redis' clock. */
  timestamp: number;
  /** Name of the step that the job is at; `end:<step>` after the last one, `undo:<step>`, or '' before the first. */
  place: string;
  /** In the order of their visits. */
  steps: HistoryStep[];
  /** Signals that were sent and that no step has taken yet. */
  signals: { name: string; payload: unknown }[];
  children: HistoryChild[];
}

/**
 * Writes down what has become of a job: its data, steps, results, signals and children, read from Redis now. It has nothing of the
 * connection or of other jobs, and is as confidential as the job's data. `replay` of `stepwell/testing` runs it against other code.
 *
 * @throws {JobNotFoundError} when the job is gone
 *
 * @example
 * await writeFile('order-7.json', JSON.stringify(await exportHistory(job)));
 */
export async function exportHistory(job: Job): Promise<JobHistory> {
  const fields = await job.readFields();
  if (!fields) {
    throw new JobNotFoundError(job.id, 'export the history of');
  }
  return {
    format: 'stepwell-history-1',
    ...{
      queueName: job.queueName,
      id: job.id,
      name: job.name,
      data: plain(job.data),
      timestamp: job.timestamp,
    },
    ...{ place: fields.step ?? '', steps: stepsIn(fields), signals: signalsIn(fields) },
    children: await childrenOf(job),
  };
}

function stepsIn(fields: JobFields): HistoryStep[] {
  return [...readStepEntries(fields)]
    .map(([name, { letter, visit, attempt }]) => {
      const reason = storedStepReason(fields, name);
      return {
        ...{ name, status: STEP_STATUS[letter], visit, attempts: attempt },
        ...(letter === 'c' ? valueIn(storedStepValue(fields, name)) : {}),
        ...(reason === undefined ? {} : { failedReason: reason }),
      };
    })
    .toSorted((a, b) => a.visit - b.visit);
}

function valueIn(stored: string | undefined): Pick<HistoryStep, 'result' | 'signal'> {
  if (stored === undefined) {
    return {};
  }
  const json = stored.slice(1);
  if (stored.startsWith('v')) {
    return { result: decodeJson(json) };
  }
  return { signal: json === '' ? { timedOut: true } : { timedOut: false, payload: decodeJson(json) } };
}

function signalsIn(fields: JobFields): JobHistory['signals'] {
  const signals: JobHistory['signals'] = [];
  for (const [field, text] of Object.entries(fields) as [string, string][]) {
    const json = field.startsWith('signal:') ? text.slice(text.indexOf('\t') + 1) : '';
    if (json !== '') signals.push({ name: field.slice('signal:'.length), payload: decodeJson(json) });
  }
  return signals;
}

async function childrenOf(job: Job): Promise<HistoryChild[]> {
  const { processed = {}, unprocessed = [], ignored = {}, failed = [] } = await job.getDependencies();
  return [
    ...Object.entries(processed).map(([key, result]) => ({
      key,
      state: 'completed' as const,
      result: plain(result),
    })),
    ...unprocessed.map((key) => ({ key, state: 'pending' as const })),
    ...Object.entries(ignored).map(([key, reason]) => ({
      ...{ key, state: 'ignored' as const, failedReason: String(reason) },
    })),
    ...failed.map((key) => ({ key, state: 'failed' as const })),
  ];
}

/** What a codec made of a value, as JSON again. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : decodeJson(JSON.stringify(value) ?? 'null');
}
