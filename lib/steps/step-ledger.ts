import type { Codec } from '../job/codec.js';
import type { JobFields } from '../job/job-record.js';
import {
  readStepEntries,
  type StepEntry,
  type StepLetter,
  stepHead,
  storedStepValue,
} from '../job/job-steps.js';
import { decodeJson, decodeValue } from '../job/json.js';

/** Where a job is among its steps. */
export type StepPlace =
  | { kind: 'start' }
  | { kind: 'step'; name: string }
  /** Of the step that is being undone. */
  | { kind: 'undo'; name: string }
  /** Every step is done; the job's result is that of the one named. */
  | { kind: 'end'; name: string };

/** Why a job fails whose steps are being undone. */
export interface KeptFailure {
  reason: string;
  stack: string[];
  exhausted: boolean;
}

const UNDO = 'undo:';
const END = 'end:';
const UNDONE = 'undone:';

export const undoCursor = (name: string): string => UNDO + name;
/** The step that a cursor has undone, undefined for one that is done. */
export const stepOfUndo = (cursor: string): string | undefined =>
  cursor.startsWith(UNDO) ? cursor.slice(UNDO.length) : undefined;
export const endCursor = (name: string): string => END + name;
export const UNDONE_CURSOR = UNDONE;

/** What is known of a step, and its outcome where this run has written that. */
interface KnownStep extends StepEntry {
  value?: string;
}

/** What a run knows of the steps of its job: what was stored when it began, and what it has written since. */
export class StepLedger {
  private readonly entries: Map<string, KnownStep>;
  /** What earlier runs of a step have emitted last. */
  private last: Map<string, string> | undefined;
  private visits = 0;
  /** As it is stored, or on its way there. */
  cursor: string;

  constructor(private fields: JobFields) {
    this.cursor = fields.step ?? '';
    this.entries = readStepEntries(fields);
    for (const { visit } of this.entries.values()) {
      this.visits = Math.max(this.visits, visit);
    }
    const emitted = fields[`last:${this.cursor}`];
    if (emitted !== undefined) {
      this.last = new Map([[this.cursor, emitted]]);
    }
  }

  get place(): StepPlace {
    const { cursor } = this;
    if (cursor === '' || cursor === UNDONE) return { kind: 'start' };
    if (cursor.startsWith(UNDO)) return { kind: 'undo', name: cursor.slice(UNDO.length) };
    if (cursor.startsWith(END)) return { kind: 'end', name: cursor.slice(END.length) };
    return { kind: 'step', name: cursor };
  }

  get isAwaiting(): boolean {
    return this.fields.awaits !== undefined;
  }

  /** Why the job fails whose steps are being undone. */
  get kept(): KeptFailure {
    const { failure } = this.fields;
    return failure === undefined
      ? { reason: '', stack: [], exhausted: false }
      : decodeJson<KeptFailure>(failure);
  }

  set failure(json: string) {
    this.fields = { ...this.fields, failure: json };
  }

  entry(name: string): StepEntry | undefined {
    return this.entries.get(name);
  }

  /** Puts the cursor on a step that runs now: again, as a further try, or on a new visit. Returns its head. */
  begin(name: string): string {
    return stepHead(this.enter(name));
  }

  /** The step at the cursor has ended with a result, and the next one runs. */
  pass(name: string, json: string, next: string): void {
    this.leave(name, 'c', json);
    this.enter(next);
  }

  private enter(name: string): KnownStep {
    let entry = this.entries.get(name);
    if (entry === undefined || entry.letter === 'c') {
      this.visits += 1;
      const { order = this.visits, value } = entry ?? {};
      entry = {
        order,
        visit: this.visits,
        letter: 'r',
        attempt: 1,
        ...(value === undefined ? {} : { value }),
      };
      this.entries.set(name, entry);
    } else {
      entry.attempt = entry.letter === 'w' ? entry.attempt + 1 : entry.letter === 'f' ? 1 : entry.attempt;
      entry.letter = 'r';
    }
    this.cursor = name;
    return entry;
  }

  /** Gives the unfinished step at the cursor its new name. */
  rename(name: string): void {
    const entry = this.entries.get(this.cursor);
    if (entry && entry.letter !== 'c') {
      this.entries.delete(this.cursor);
      this.entries.set(name, entry);
    }
    const last = this.last?.get(this.cursor);
    if (last !== undefined) {
      this.last?.set(name, last);
    }
  }

  /** Ends what runs, with its outcome. Returns its head. */
  end(name: string, letter: StepLetter, json?: string): string {
    return stepHead(this.leave(name, letter, json));
  }

  private leave(name: string, letter: StepLetter, json?: string): KnownStep {
    const entry = this.entries.get(name) as KnownStep;
    entry.letter = letter;
    this.last?.delete(name);
    if (json !== undefined) {
      entry.value = `v${json}`;
    }
    return entry;
  }

  /**
   * Whether a step is at the first try of the visit that began last: Redis knows then what becomes of it. With `next`, whether that also goes for the
   * start of this one.
   */
  isPlain(name: string, next?: string): boolean {
    const entry = this.entries.get(name);
    if (entry?.attempt !== 1 || entry.visit !== this.visits) {
      return false;
    }
    const letter = next === undefined ? undefined : this.entries.get(next)?.letter;
    return letter === undefined || letter === 'c' || next === name;
  }

  /** The head of a step at its end that may yet be refused: the job may have children that are not through. */
  headOf(name: string, letter: StepLetter): string {
    return stepHead({ ...(this.entries.get(name) as StepEntry), letter });
  }

  /** Stored form of the outcome of a step. */
  value(name: string): string | undefined {
    return this.entries.get(name)?.value ?? storedStepValue(this.fields, name);
  }

  /** What an earlier run of the step emitted last. */
  lastEmission(name: string, codec?: Codec): unknown {
    const json = this.last?.get(name);
    return json === undefined ? undefined : decodeValue('An emission', json, codec);
  }

  /** Names of completed steps that have not been undone, the last one first. */
  completed(): string[] {
    return [...this.entries]
      .filter(([name, { letter }]) => letter === 'c' && !name.startsWith(UNDO))
      .filter(([name]) => this.entries.get(undoCursor(name))?.letter !== 'c')
      .toSorted(([, a], [, b]) => b.visit - a.visit)
      .map(([name]) => name);
  }

  /** A job that starts its life anew. Returns whether there was an earlier one. */
  forget(): boolean {
    const had = this.entries.size > 0;
    this.entries.clear();
    this.fields = Object.fromEntries(
      Object.entries(this.fields).filter(([field]) => !field.startsWith('value:')),
    );
    return had;
  }
}
