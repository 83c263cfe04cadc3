import type { JobEventName } from '../job/job-event.js';

/** Every name that has a meaning; the type sees to it that none is left out. */
const NAMES: Record<JobEventName | 'error' | 'closing', true> = {
  added: true,
  waiting: true,
  delayed: true,
  'waiting-children': true,
  active: true,
  progress: true,
  completed: true,
  failed: true,
  cancelled: true,
  'retries-exhausted': true,
  'child-failed': true,
  'step-started': true,
  'step-completed': true,
  'step-failed': true,
  signalled: true,
  stalled: true,
  removed: true,
  duplicated: true,
  deduplicated: true,
  'schedule-fired': true,
  'schedule-missed': true,
  'schedule-skipped': true,
  cleaned: true,
  drained: true,
  paused: true,
  resumed: true,
  'group-paused': true,
  'group-resumed': true,
  custom: true,
  gap: true,
  snapshot: true,
  dropped: true,
  error: true,
  closing: true,
};

/** Names that Node's emitters keep for themselves. */
const EMITTER_NAMES = new Set(['newListener', 'removeListener']);

/** Names of what happens in queues. */
export function eventNames(): JobEventName[] {
  return Object.keys(NAMES).filter(isEventName);
}

export function isEventName(name: string): name is JobEventName {
  return Object.hasOwn(NAMES, name) && name !== 'error' && name !== 'closing';
}

/** Whether a custom event may not be called so; `completed:1` is how listeners ask for the events of one job. */
export function isTaken(name: string): boolean {
  const [stem = ''] = name.split(':');
  return Object.hasOwn(NAMES, stem) || EMITTER_NAMES.has(name);
}
