import type { KeepJobs } from './job-options.js';

/** How a finished job says what to keep, in the form that scripts read: `count,ageMs,limit`, '' for everything. */
export function retentionText(keep: boolean | number | KeepJobs | undefined): string {
  if (keep === undefined || keep === false) {
    return '';
  }
  if (keep === true) {
    return '0,,';
  }
  if (typeof keep === 'number') {
    return `${keep},,`;
  }
  const ageMs = keep.age === undefined ? '' : Math.floor(keep.age * 1000);
  return `${keep.count ?? ''},${ageMs},${keep.limit ?? ''}`;
}
