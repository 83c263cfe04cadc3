/** A job to add, in the form that the script takes. */
export interface NewJob {
  /** '' for the next number. */
  id: string;
  /** 'delayMs,priority,front,timestamp', '' when none is set. */
  spec: string;
  /** See `encodeBody`. */
  body: string;
}

/** What became of an added job. */
export interface AddedJob {
  id: string;
  /** Redis' time of the call. */
  now: number;
  /** Whether a job with that id was there already; nothing was written then. */
  duplicated: boolean;
}
