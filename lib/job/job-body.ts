import { UnreadableValueError } from './errors.js';
import type { JobsOptions } from './job-options.js';
import { parseStored } from './json.js';

/** What a job is made of when it is added. Stored as one text, four lines: time, name, options, data. */
export interface JobBody {
  timestamp: number;
  name: string;
  opts: JobsOptions;
  /** JSON. */
  data: string;
  /** Why parts of it could not be read; they are empty then. */
  fault?: UnreadableValueError;
}

const NO_OPTIONS = '{}';

/** The options of a job that has none. */
export const NONE: JobsOptions = Object.freeze({});

/** The stored form without its first line, which the script adds: the time is Redis' own. */
export function encodeBody(name: string, opts: JobsOptions, data: string): string {
  return `${name}\n${opts === NONE ? NO_OPTIONS : JSON.stringify(opts)}\n${data}`;
}

/** Never throws: what was changed by hand, or half-written by another program, is one job's trouble and nobody else's. */
export function decodeBody(text: string): JobBody {
  const nameAt = text.indexOf('\n') + 1;
  const optsAt = text.indexOf('\n', nameAt) + 1;
  const dataAt = text.indexOf('\n', optsAt) + 1;
  if (nameAt === 0 || optsAt === 0 || dataAt === 0) {
    const fault = new UnreadableValueError('The stored job', 'it has fewer lines than a job has.');
    return { timestamp: 0, name: '', opts: {}, data: 'null', fault };
  }
  const timestamp = Number(text.slice(0, nameAt - 1));
  const body: JobBody = {
    timestamp,
    name: text.slice(nameAt, optsAt - 1),
    opts: {},
    data: text.slice(dataAt),
  };
  if (Number.isNaN(timestamp)) {
    body.timestamp = 0;
    body.fault = new UnreadableValueError('The time of the job', 'it is not a number.');
  }
  const opts = text.slice(optsAt, dataAt - 1);
  if (opts !== NO_OPTIONS) {
    readOptions(body, opts);
  }
  return body;
}

function readOptions(body: JobBody, text: string): void {
  try {
    const opts = parseStored('The options of the job', text);
    if (typeof opts !== 'object' || opts === null || Array.isArray(opts)) {
      throw new UnreadableValueError('The options of the job', 'they are not an object.');
    }
    body.opts = opts as JobsOptions;
  } catch (error) {
    body.fault ??= error as UnreadableValueError;
  }
}
