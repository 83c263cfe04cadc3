import { GroupMaxSizeExceededError, InvalidOptionError, UnknownLimitError } from './errors.js';
import { ADDED } from './wire.generated.js';

/** A job to add, in the form that the script takes. */
export interface NewJob {
  /** '' for the next number. */
  id: string;
  /** What it asks of the engine, '' for nothing; see `read_spec` in lua/shared/read-spec.lua. */
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
  /** Whether that job was kept instead of the added one; nothing was added then. */
  deduplicated: boolean;
}

/** What a script's word says of an added job: a sign, and an id or name. Throws where it was not added. */
export function readAdded(line: string, now: number): AddedJob {
  const [sign, id] = [line.charAt(0), line.slice(1)];
  if (sign === ADDED.noLimit) {
    throw new UnknownLimitError(id);
  }
  if (sign === ADDED.full) {
    throw new GroupMaxSizeExceededError(id);
  }
  if (sign !== ADDED.new && sign !== ADDED.there && sign !== ADDED.kept) {
    throw new InvalidOptionError('reply', line, 'This is a fault of Stepwell: please report it.');
  }
  return { id, now, duplicated: sign === ADDED.there, deduplicated: sign === ADDED.kept };
}
