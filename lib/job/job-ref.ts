import { InvalidOptionError } from './errors.js';

/** Names a job in any queue of a Redis. */
export interface JobRef {
  prefix: string;
  queueName: string;
  id: string;
}

/** A queue as its children and parents name it: `id` of a job in it, and the queue's name with its prefix. */
export interface ParentOptions {
  id: string;
  /** `prefix:name`; see `job.queueQualifiedName`. */
  queue: string;
}

/** Ends the base of a queue whose name has its hash tag itself, so that `{mail}` and `mail` are two queues. */
const OWN_TAG_END = '~:';

/**
 * What all keys of a queue begin with. The braces make it a hash tag: a queue is in one slot of a cluster. Where the name has
 * braces, they are the tag, so that several queues can share a slot.
 */
export function queueBase(prefix: string, queueName: string): string {
  return queueName.includes('{') ? `${prefix}:${queueName}${OWN_TAG_END}` : `${prefix}:{${queueName}}:`;
}

/** Queue names have no colons, prefixes may have them. */
export function parseBase(base: string): { prefix: string; queueName: string } {
  if (base.endsWith(OWN_TAG_END)) {
    const at = base.lastIndexOf(':', base.length - OWN_TAG_END.length);
    return { prefix: base.slice(0, at), queueName: base.slice(at + 1, -OWN_TAG_END.length) };
  }
  const at = base.lastIndexOf(':{');
  return { prefix: base.slice(0, at), queueName: base.slice(at + 2, -2) };
}

/** The form that scripts take; neither part has a tab. */
export function refText({ prefix, queueName, id }: JobRef): string {
  return `${queueBase(prefix, queueName)}\t${id}`;
}

export function parseRef(text: string): JobRef {
  const at = text.indexOf('\t');
  return { ...parseBase(text.slice(0, at)), id: text.slice(at + 1) };
}

/** The form that people see. */
export function shownKey({ prefix, queueName, id }: JobRef): string {
  return `${prefix}:${queueName}:${id}`;
}

/** Throws `InvalidOptionError` for what cannot name a job. */
export function refOf(option: string, parent: ParentOptions): JobRef {
  const { id, queue } = (parent ?? {}) as Partial<ParentOptions>;
  const at = typeof queue === 'string' ? queue.lastIndexOf(':') : -1;
  if (typeof id !== 'string' || id === '' || typeof queue !== 'string' || at < 1 || at === queue.length - 1) {
    throw new InvalidOptionError(
      option,
      parent,
      'Use { id, queue }, the queue with its prefix: job.queueQualifiedName.',
    );
  }
  return { prefix: queue.slice(0, at), queueName: queue.slice(at + 1), id };
}

/** A queue by the form that people see, `prefix:name`. */
export function queueOf(key: string): { prefix: string; queueName: string } {
  const at = key.lastIndexOf(':');
  return { prefix: key.slice(0, at), queueName: key.slice(at + 1) };
}
