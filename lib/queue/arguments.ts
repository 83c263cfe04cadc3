import { checkInteger } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { type FinishedState, type JobType, LISTED_STATES, type ListedState } from '../job/job-state.js';

/** The state that a name of it means; undefined for `paused`, which no job is: those of a paused queue are waiting. */
export function listedState(type: JobType): ListedState | undefined {
  if (type === 'paused') {
    return undefined;
  }
  const state = type === 'wait' ? 'waiting' : type;
  if (!(LISTED_STATES as readonly string[]).includes(state)) {
    throw new InvalidOptionError('job type', type, `Use one of ${LISTED_STATES.join(', ')}.`);
  }
  return state as ListedState;
}

/** One or several names, each state once; all states without a name. */
export function listedStates(types: JobType | JobType[] = [...LISTED_STATES]): ListedState[] {
  const list = Array.isArray(types) ? types : [types];
  const states = (list.length > 0 ? list : [...LISTED_STATES]).map(listedState);
  return [...new Set(states)].filter((state) => state !== undefined);
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
