import { checkInteger } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { type FinishedState, type JobType, LISTED_STATES, type ListedState } from '../job/job-state.js';

/** The state that a name of it means. */
export function listedState(type: JobType): ListedState {
  const state = type === 'wait' || type === 'paused' ? 'waiting' : type;
  if (!(LISTED_STATES as readonly string[]).includes(state)) {
    throw new InvalidOptionError('job type', type, `Use one of ${LISTED_STATES.join(', ')}.`);
  }
  return state as ListedState;
}

/** One or several names, each state once; all states without a name. */
export function listedStates(types: JobType | JobType[] = [...LISTED_STATES]): ListedState[] {
  const list = Array.isArray(types) ? types : [types];
  return [...new Set((list.length > 0 ? list : [...LISTED_STATES]).map(listedState))];
}

export function checkFinishedState(state: unknown): asserts state is FinishedState {
  if (state !== 'completed' && state !== 'failed') {
    throw new InvalidOptionError('state', state, 'Use completed or failed.');
  }
}

/** Positions may be negative: they count from the end then. */
export function checkRange(start: unknown, end: unknown): void {
  checkInteger('start', start, Number.MIN_SAFE_INTEGER);
  checkInteger('end', end, Number.MIN_SAFE_INTEGER);
}
