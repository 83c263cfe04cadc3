import type { JobFields } from './job-record.js';
import type { Codec } from './codec.js';
import { decodeValue, parseStored } from './json.js';
import { readStoredStep, stepHeadText } from './wire.generated.js';

/** `awaiting`: until a signal comes; `retrying`: until it is tried again. */
export type StepStatus = 'running' | 'retrying' | 'awaiting' | 'completed' | 'failed';

/** What has become of a step of a job. */
export interface JobStep {
  name: string;
  status: StepStatus;
  /** Tries of the last visit of the step, the running one included. */
  attempts: number;
  /** Start of its last try, milliseconds since 1970 by Redis' clock. */
  startedOn: number;
  /** When it completed or failed, milliseconds since 1970 by Redis' clock. */
  finishedOn?: number;
  /** Its outcome when it last completed. */
  result?: any;
  /** Last value that an unfinished step emitted. */
  lastEmission?: any;
  /** Message of its last failure. */
  failedReason?: string;
}

/** `r` running, `w` waiting to be tried again, `a` awaiting a signal, `c` completed, `f` failed. */
export type StepLetter = 'r' | 'w' | 'a' | 'c' | 'f';

/** How far a step is, as it is stored. */
export interface StepEntry {
  /** Its place in the order of first runs. */
  order: number;
  /** Counts the visits of all steps in the life of the job. */
  visit: number;
  letter: StepLetter;
  attempt: number;
}

/** @internal */
export const STEP_STATUS: Record<StepLetter, StepStatus> = {
  r: 'running',
  w: 'retrying',
  a: 'awaiting',
  c: 'completed',
  f: 'failed',
};

const STEP = 'step:';
const END = 'end:';

/** The outcome of a wait for a signal. */
export type SignalResult<P = any> = { timedOut: false; signal: P } | { timedOut: true };

/** The part of an entry that a worker writes; Redis adds the times. */
export function stepHead({ order, visit, letter, attempt }: StepEntry): string {
  return stepHeadText(order, visit, letter, attempt);
}

/** An entry with what Redis has added. */
interface StoredEntry extends StepEntry {
  /** ms since 1970. */
  started: number | undefined;
  finished: number | undefined;
  /** Behind a tab why it failed, where it did. */
  rest: string;
}

/** Entries by the names of their steps, those of compensations as `undo:<name>`. What is none, written by hand, is left out. */
export function readStepEntries(fields: JobFields): Map<string, StoredEntry> {
  const entries = new Map<string, StoredEntry>();
  for (const field in fields) {
    const entry = field.startsWith(STEP) ? readStoredStep(fields[field as typeof STEP] as string) : undefined;
    if (entry) {
      entries.set(field.slice(STEP.length), entry as StoredEntry);
    }
  }
  return entries;
}

/** The outcome of a step, as it is stored: a letter for what it is, and JSON. */
export function decodeStepValue(text: string, codec?: Codec): unknown {
  const json = text.slice(1);
  if (text.startsWith('v')) {
    return decodeValue('The result of a step', json, codec);
  }
  const result: SignalResult =
    json === ''
      ? { timedOut: true }
      : { timedOut: false, signal: decodeValue('The payload of a signal', json, codec) };
  return result;
}

/** Stored value of a step, undefined where it has none. The result of a job is kept once: it is that of its last step. */
export function storedStepValue(fields: JobFields, name: string): string | undefined {
  const value = fields[`value:${name}`];
  return value === undefined && fields.step === END + name && fields.result !== undefined
    ? `v${fields.result}`
    : value;
}

/** Message of the last failure of a step, undefined where it has none. */
export function storedStepReason(fields: JobFields, name: string): string | undefined {
  const { rest = '' } = readStoredStep(fields[`step:${name}`] ?? '') ?? {};
  return rest === '' ? undefined : (parseStored('The reason', rest.slice(1)) as string);
}

/** For `Job.getSteps`. */
export function stepsOf(fields: JobFields, codec?: Codec): JobStep[] {
  return [...readStepEntries(fields)]
    .toSorted(([, a], [, b]) => a.order - b.order)
    .map(([name, { letter, attempt, started, finished }]) => {
      const reason = storedStepReason(fields, name);
      const value = storedStepValue(fields, name);
      const last = fields[`last:${name}`];
      return {
        ...{ name, status: STEP_STATUS[letter], attempts: attempt, startedOn: started ?? 0 },
        ...(finished === undefined ? {} : { finishedOn: finished }),
        ...(value === undefined ? {} : { result: decodeStepValue(value, codec) }),
        ...(last === undefined ? {} : { lastEmission: decodeValue('An emission', last, codec) }),
        ...(reason === undefined ? {} : { failedReason: reason }),
      };
    });
}
