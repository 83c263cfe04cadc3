import type { JobFields } from '../../lib/job/job-record.js';
import type { ListedState } from '../../lib/job/job-state.js';
import { auditSteps } from './audit-steps.js';

/** All that a queue holds of one job. */
export interface AuditedJob {
  id: string;
  body?: string;
  fields?: JobFields;
  hasLogs: boolean;
  places: { state: ListedState; score: number }[];
}

const CLASS_SPAN = 2 ** 32;
const COUNTERS = ['attemptsStarted', 'attemptsMade', 'stalls'] as const;
const TIMES = ['processedOn', 'finishedOn'] as const;

/** What is wrong with a job as it is stored. */
export function auditJob(job: AuditedJob, now: number): string[] {
  const { body, fields = {}, hasLogs, places } = job;
  const names = places.map(({ state }) => state).join(' and ');
  if (body === undefined) {
    const kept = [places.length > 0 && `is in ${names}`, job.fields && 'has fields', hasLogs && 'has logs'];
    return [`${kept.filter(Boolean).join(', ')} but no body`];
  }
  const place = places[0];
  if (place === undefined || places.length > 1) {
    return [place ? `is in ${names} at once` : 'is in no state'];
  }
  return [
    ...auditBody(body),
    ...auditState(place.state, fields),
    ...auditScore(place, fields),
    ...auditCounters(fields),
    ...auditTimes(fields, now),
    ...auditSteps(place.state, fields, now),
  ];
}

function auditBody(body: string): string[] {
  return /^\d+\n[^\n]*\n\{[^\n]*\}\n/.test(body) ? [] : ['has a body without its four lines'];
}

function auditState(state: ListedState, fields: JobFields): string[] {
  const wrong: string[] = [];
  const finished = state === 'completed' || state === 'failed';
  const neverStarted = state === 'waiting' || state === 'prioritized' || state === 'delayed';
  if (fields.state === undefined ? !neverStarted : fields.state !== state) {
    wrong.push(`is in ${state} but its field says ${fields.state ?? 'nothing'}`);
  }
  if (fields.state === undefined && fields.token !== undefined) wrong.push('was started but has no state');
  if ((state === 'active' || (finished && fields.cancelled === undefined)) && grantOf(fields) === undefined) {
    wrong.push(`is ${state} under the token ${fields.token ?? 'none'}`);
  }
  if (state === 'active' && fields.processedOn === undefined) wrong.push('is active since never');
  if (finished !== (fields.finishedOn !== undefined))
    wrong.push(`is ${state}, finished on ${fields.finishedOn}`);
  // A job that was started and has not completed may hold its last emission there.
  if (state === 'completed' ? fields.result === undefined : fields.result !== undefined && !grantOf(fields))
    wrong.push(`is ${state}, result ${fields.result}`);
  if (state === 'failed' && fields.failedReason === undefined) wrong.push('failed without a reason');
  if (finished && fields.cancelled === undefined && !(Number(fields.attemptsMade) >= 1))
    wrong.push('finished without an attempt');
  return wrong;
}

function auditScore({ state, score }: AuditedJob['places'][number], fields: JobFields): string[] {
  if (!Number.isFinite(score) || score < 0) return [`has the score ${score} in ${state}`];
  if (state === 'prioritized' && Math.floor(score / CLASS_SPAN) !== Number(fields.priority ?? 0)) {
    return [`has priority ${fields.priority ?? 'none'} but waits in class ${Math.floor(score / CLASS_SPAN)}`];
  }
  return [];
}

// Each grant of a lock starts one attempt, and ends in one attempt made, one stall, or neither. A retry by hand may set
// the counters back, but never the number of the grant.
function auditCounters(fields: JobFields): string[] {
  const grants = grantOf(fields) ?? 0;
  return COUNTERS.flatMap((name) => {
    const value = fields[name] ?? '0';
    return /^\d+$/.test(value) && Number(value) <= grants
      ? []
      : [`has ${name} ${value} after ${grants} grants`];
  });
}

function auditTimes(fields: JobFields, now: number): string[] {
  const wrong = TIMES.filter((name) => fields[name] !== undefined && !(Number(fields[name]) <= now)).map(
    (name) => `has ${name} ${fields[name]} at ${now}`,
  );
  const { processedOn, finishedOn } = fields;
  if (processedOn !== undefined && finishedOn !== undefined && Number(finishedOn) < Number(processedOn)) {
    wrong.push('finished before it was started');
  }
  return wrong;
}

function grantOf({ token }: JobFields): number | undefined {
  const number = /^.+:([1-9]\d*)$/.exec(token ?? '')?.[1];
  return number === undefined ? undefined : Number(number);
}
