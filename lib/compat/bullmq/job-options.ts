import type { JobsOptions as EngineJobsOptions } from '../../job/job-options.js';
import { InvalidOptionError } from '../../job/errors.js';
import { knownOptions } from './known-options.js';

const FAILURE = [
  ...[
    'failParentOnFailure',
    'continueParentOnFailure',
    'ignoreDependencyOnFailure',
    'removeDependencyOnFailure',
  ],
];

const JOB_OPTION_NAMES = [
  ...['timestamp', 'priority', 'delay', 'attempts', 'backoff', 'lifo', 'removeOnComplete', 'removeOnFail'],
  ...[
    'keepLogs',
    'stackTraceLimit',
    'sizeLimit',
    'jobId',
    'deduplication',
    'group',
    'parent',
    'telemetry',
    ...FAILURE,
  ],
];

/** Job options as the engine takes them. */
export function engineJobOptions(options: object | undefined): EngineJobsOptions | undefined {
  if (options === undefined || options === null) {
    return undefined;
  }
  if ('debounce' in options && options.debounce !== undefined) {
    throw new InvalidOptionError('job option debounce', options.debounce, 'Use deduplication.');
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
  const taken = knownOptions('job option', given, JOB_OPTION_NAMES) as EngineJobsOptions;
  const attempts: unknown = taken.attempts;
  if (typeof attempts === 'string' && /^\d+$/.test(attempts)) {
    // As from the environment.
    taken.attempts = Number(attempts);
  }
  if (typeof taken.delay === 'number' && taken.delay < 0) {
    taken.delay = 0;
  }
  if (taken.attempts === 0) {
    delete taken.attempts;
  }
  if (typeof taken.backoff === 'number') {
    taken.backoff = { type: 'fixed', delay: taken.backoff };
  }
  for (const keep of ['removeOnComplete', 'removeOnFail'] as const) {
    const value: unknown = taken[keep];
    if (typeof value === 'object' && value !== null && !('age' in value) && !('count' in value)) {
      delete taken[keep];
    }
  }
  return taken;
}
