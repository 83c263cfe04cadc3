import { checkInteger, checkLimitName } from '../job/check.js';
import { checkLimit } from '../job/limit.js';
import { checkJobOptions } from '../job/check-job-options.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';
import { checkBaseOptions } from '../redis/check-base-options.js';
import type { QueueBaseOptions } from '../redis/queue-base-options.js';
import { checkBacklog } from '../store/backlog.js';
import { checkDurability } from '../store/durability.js';
import type { QueueOptions } from './queue-options.js';

const NAMES: Record<Exclude<keyof QueueOptions, keyof QueueBaseOptions>, true> = {
  defaultJobOptions: true,
  dedup: true,
  limits: true,
  limitsOf: true,
  groupOf: true,
  streams: true,
  backlog: true,
  durability: true,
  settings: true,
};

/** Names of the options that a queue takes besides those of every part. */
export const QUEUE_OPTION_NAMES = Object.keys(NAMES);

/**
 * Throws an `InvalidOptionError` for the first option that cannot be used; unknown names count as such.
 * @param what such as `queue option`
 */
export function checkQueueOptions(options: QueueOptions, what = 'queue option'): void {
  checkBaseOptions(what, options, QUEUE_OPTION_NAMES);
  if (options.backlog !== undefined) {
    checkBacklog('backlog', options.backlog);
  }
  if (options.durability !== undefined) {
    checkDurability('durability', options.durability);
  }
  checkParts('defaultJobOptions', options.defaultJobOptions);
  checkParts('dedup', options.dedup);
  checkParts('limits', options.limits);
  for (const [name, limit] of Object.entries(options.limits ?? {})) {
    checkLimitName('limits', name);
    checkLimit(`limits.${name}`, limit);
  }
  if (options.limitsOf !== undefined && typeof options.limitsOf !== 'function') {
    throw new InvalidOptionError(
      'limitsOf',
      options.limitsOf,
      'Use a function (data, name) => names of limits.',
    );
  }
  if (options.groupOf !== undefined && typeof options.groupOf !== 'function') {
    throw new InvalidOptionError(
      'groupOf',
      options.groupOf,
      'Use a function (data, name) => a group, such as { id: data.customerId }.',
    );
  }
  checkParts('settings', options.settings, ['repeatStrategy']);
  const strategy = options.settings?.repeatStrategy;
  if (strategy !== undefined && typeof strategy !== 'function') {
    throw new InvalidOptionError(
      'settings.repeatStrategy',
      strategy,
      'Use a function that returns ms since 1970.',
    );
  }
  checkParts('streams', options.streams, ['events']);
  checkParts('streams.events', options.streams?.events, ['maxLen']);
  if (options.defaultJobOptions) {
    checkJobOptions(options.defaultJobOptions);
    if ('jobId' in options.defaultJobOptions) {
      const { jobId } = options.defaultJobOptions;
      throw new InvalidOptionError('defaultJobOptions.jobId', jobId, 'Give an id to each job instead.');
    }
  }
  const maxEvents = options.streams?.events?.maxLen;
  if (maxEvents !== undefined) {
    checkInteger('streams.events.maxLen', maxEvents, 0);
  }
}

function checkParts(option: string, value: unknown, known?: readonly string[]): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, 'Use an object.');
  }
  if (known) refuseUnknown(`${option}.`, value, known);
}
