import { InvalidOptionError } from './errors.js';

/** Highest priority number that fits beside the order of arrival in one exact score. */
export const PRIORITY_LIMIT = 2 ** 21 - 1;

/** Longest time that one timer can run; a longer one would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

const MAX_NAME_BYTES = 256;
/** Ids of jobs may be made of paths and addresses. */
const MAX_ID_BYTES = 8192;
/** Part of a name, or all of it, that stands in braces. */
const ONE_HASH_TAG = /^[^{}]*\{[^{}]+\}[^{}]*$/;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Throws unless `value` is a finite number of at least `min` and at most `max`. */
export function checkNumber(
  option: string,
  value: unknown,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidOptionError(option, value, `Use a number ${range}.`);
  }
}

/** As `checkNumber`, for whole numbers. */
export function checkInteger(
  option: string,
  value: unknown,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  checkNumber(option, value, min, max);
  if (!Number.isInteger(value)) {
    throw new InvalidOptionError(option, value, 'Use a whole number.');
  }
}

export function checkBoolean(option: string, value: unknown): void {
  if (typeof value !== 'boolean') {
    throw new InvalidOptionError(option, value, 'Use true or false.');
  }
}

/** Text that becomes part of a key, a line of an event or both. */
function checkText(option: string, value: unknown, maxBytes = MAX_NAME_BYTES): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw new InvalidOptionError(option, value, 'Use a text that is not empty.');
  }
  if (CONTROL.test(value) || LONE_SURROGATE.test(value)) {
    throw new InvalidOptionError(option, value, 'Leave out control characters and broken surrogate pairs.');
  }
  if (value.length > maxBytes || Buffer.byteLength(value) > maxBytes) {
    throw new InvalidOptionError(option, value, `Use at most ${maxBytes} bytes.`);
  }
}

/** Throws unless `name` can name a queue. */
export function checkQueueName(name: unknown): asserts name is string {
  if (name === undefined) {
    const hint =
      'Name a queue. A constant from a file that imports this one is not there yet: move it to a file of its own.';
    throw new InvalidOptionError('queue name', name, hint);
  }
  checkText('queue name', name);
  if (name.includes(':')) {
    throw new InvalidOptionError('queue name', name, 'Leave out colons: they would break its keys.');
  }
  if (/[{}]/.test(name) && !ONE_HASH_TAG.test(name)) {
    throw new InvalidOptionError('queue name', name, 'Use braces only as one hash tag, such as {mail}.');
  }
}

/** Throws unless `prefix` can start the keys of a queue. */
export function checkPrefix(prefix: unknown): void {
  checkText('prefix', prefix);
  if (/[{}]/.test(prefix) && !ONE_HASH_TAG.test(prefix)) {
    throw new InvalidOptionError('prefix', prefix, 'Use braces only as one hash tag, such as {tag}.');
  }
}

/** Throws unless `name` can name a job. */
export function checkJobName(name: unknown): void {
  checkText('job name', name);
}

/** Throws unless `name` can name an event. */
export function checkEventName(name: unknown): asserts name is string {
  checkText('eventName', name);
}

/** Throws unless `name` can name a step. Colons distinguish what undoes a step, and other places of a cursor, from steps. */
export function checkStepName(option: string, name: unknown): asserts name is string {
  checkText(option, name);
  if (name.includes(':')) {
    throw new InvalidOptionError(option, name, 'Leave out colons.');
  }
}

/** Throws unless `name` can name a signal. */
export function checkSignalName(name: unknown): void {
  checkText('signal name', name);
}

const MAX_REASON_BYTES = 4096;

/** Throws unless `reason` can be why a job fails. */
export function checkReason(option: string, reason: unknown): asserts reason is string {
  if (typeof reason !== 'string' || reason === '') {
    throw new InvalidOptionError(option, reason, 'Use a text that is not empty.');
  }
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
    throw new InvalidOptionError(option, reason, `Use at most ${MAX_REASON_BYTES} bytes.`);
  }
}

/** Throws unless `name` can name a limit. */
export function checkLimitName(option: string, name: unknown): asserts name is string {
  checkText(option, name);
  if (/[,;?]/.test(name)) {
    throw new InvalidOptionError(option, name, 'Leave out commas, semicolons and question marks.');
  }
}

/** Throws unless `id` can be that of a group. Returns it as a text. */
export function checkGroupId(option: string, id: unknown): string {
  const text = typeof id === 'number' && Number.isFinite(id) ? String(id) : id;
  checkText(option, text);
  return text;
}

/** Throws unless `key` can distinguish a signal from others of its name. */
export function checkSignalKey(key: unknown): void {
  checkText('signal key', key);
}

/** Throws unless `token` can be the token of a lock. */
export function checkToken(token: unknown): void {
  checkText('token', token);
}

/** Throws unless `id` can be the id of a deduplication. */
export function checkDeduplicationId(option: string, id: unknown): void {
  checkText(option, id);
}

/** Throws unless `id` can be the id of a job scheduler. */
export function checkSchedulerId(id: unknown): asserts id is string {
  checkText('job scheduler id', id);
}

/** Throws unless `value` is a list of objects. */
export function checkObjects(option: string, value: unknown): void {
  if (!Array.isArray(value)) {
    throw new InvalidOptionError(option, value, 'Use an array.');
  }
  const at = value.findIndex((each) => typeof each !== 'object' || each === null);
  if (at >= 0) {
    throw new InvalidOptionError(`${option}[${at}]`, value[at], 'Use an object.');
  }
}

/** Throws unless `id` can be that of a job which is there. */
export function checkNamedJob(id: unknown): asserts id is string {
  if (typeof id !== 'string' || id === '') {
    throw new InvalidOptionError('job id', id, 'Use the id of a job, which is a text.');
  }
}

/** Throws unless `id` can be the id of a job that a user names. */
export function checkJobId(id: unknown): void {
  checkText('jobId', id, MAX_ID_BYTES);
  if (/^-?\d+$/.test(id)) {
    throw new InvalidOptionError('jobId', id, 'Whole numbers are given by the queue itself: add a letter.');
  }
}
