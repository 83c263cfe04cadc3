/** A job as Redis holds it: its body, and the fields that the engine writes (absent until there is something to hold). */
export interface JobRecord {
  id: string;
  body: string;
  token?: string;
  fields: JobFields;
}

/** Fields of the job hash, all text. */
export interface JobFields {
  state?: string;
  token?: string;
  attemptsStarted?: string;
  attemptsMade?: string;
  stalls?: string;
  processedOn?: string;
  processedBy?: string;
  finishedOn?: string;
  /** JSON. */
  result?: string;
  /** JSON text. */
  failedReason?: string;
  /** JSON list of texts. */
  stack?: string;
  /** JSON. */
  progress?: string;
  priority?: string;
  delay?: string;
  /** Id of the deduplication that the job was added with. */
  dedup?: string;
  /** The scheduler that the job came from. */
  scheduler?: string;
  /** How many slots its scheduler had planned when the job started, where those are few. */
  planned?: string;
  /** Cursor of a job with steps, see `job-steps.ts`. */
  step?: string;
  [entry: `step:${string}`]: string;
  /** A letter for what it is, and JSON. */
  [value: `value:${string}`]: string;
  /** JSON. */
  [last: `last:${string}`]: string;
  [signal: `signal:${string}`]: string;
  /** What a step waits for. */
  awaits?: string;
  /** Why a job fails that is being compensated, JSON. */
  failure?: string;
  /** A letter for what its failure means, and the ref of its parent. */
  parent?: string;
  /** How many of its children are pending. */
  pending?: string;
  /** How many of those are yet to be noted: the messages that name them are under way. */
  promised?: string;
  /** How many of its children have failed, and it with them. */
  failedChildren?: string;
  /** Names of the limits that it counts in, with commas. */
  limits?: string;
  /** The limit that does not let it start, and its turn there. */
  limitedBy?: string;
  turn?: string;
  /** That it was cancelled, see `readCancellation`. */
  cancelled?: string;
  /** JSON text: why it fails without being run. */
  deferred?: string;
}

const NO_FIELDS: JobFields = Object.freeze({});

/** Turns the flat list of names and values of a hash into fields. */
export function readFields(flat: readonly string[]): JobFields {
  if (flat.length === 0) {
    return NO_FIELDS;
  }
  const fields: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) {
    fields[flat[i] as string] = flat[i + 1] as string;
  }
  return fields;
}
