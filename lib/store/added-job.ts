import { GroupMaxSizeExceededError, InvalidOptionError, UnknownLimitError } from '../job/errors.js';

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

/**
 * What a script's word or line says of an added job: '+id' added, '=id' there already, '~id' kept instead, '!name' for a limit that
 * is not there, '#id' for a group that is full. Throws for any other.
 */
export function readAdded(line: string, now: number): AddedJob {
  if (line.startsWith('!')) {
    throw new UnknownLimitError(line.slice(1));
  }
  if (line.startsWith('#')) {
    throw new GroupMaxSizeExceededError(line.slice(1));
  }
  if (!'+=~'.includes(line[0] ?? ' ')) {
    throw new InvalidOptionError('reply', line, 'This is a fault of Stepwell: please report it.');
  }
  return { id: line.slice(1), now, duplicated: line[0] === '=', deduplicated: line[0] === '~' };
}
