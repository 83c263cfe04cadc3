import type { KeepJobs } from './job-options.js';
import { keepPolicyText } from './wire.generated.js';

/** How a finished job says what to keep, in the form that scripts read, '' for everything. */
export function retentionText(keep: boolean | number | KeepJobs | undefined): string {
  if (keep === undefined || keep === false) {
    return '';
  }
  if (keep === true) {
    return keepPolicyText(0, '', '');
  }
  if (typeof keep === 'number') {
    return keepPolicyText(keep, '', '');
  }
  const ageMs = keep.age === undefined ? '' : Math.floor(keep.age * 1000);
  return keepPolicyText(keep.count ?? '', ageMs, keep.limit ?? '');
}
