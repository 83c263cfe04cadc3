import type { JobsOptions } from './job-options.js';

/** What a job is made of when it is added. Stored as one text, four lines: time, name, options, data. */
export interface JobBody {
  timestamp: number;
  name: string;
  opts: JobsOptions;
  /** JSON. */
  data: string;
}

const NO_OPTIONS = '{}';

/** The stored form without its first line, which the script adds: the time is Redis' own. */
export function encodeBody(name: string, opts: JobsOptions, data: string): string {
  return `${name}\n${JSON.stringify(opts)}\n${data}`;
}

export function decodeBody(text: string): JobBody {
  const nameAt = text.indexOf('\n') + 1;
  const optsAt = text.indexOf('\n', nameAt) + 1;
  const dataAt = text.indexOf('\n', optsAt) + 1;
  const opts = text.slice(optsAt, dataAt - 1);
  return {
    timestamp: Number(text.slice(0, nameAt - 1)),
    name: text.slice(nameAt, optsAt - 1),
    opts: opts === NO_OPTIONS ? {} : (JSON.parse(opts) as JobsOptions),
    data: text.slice(dataAt),
  };
}
