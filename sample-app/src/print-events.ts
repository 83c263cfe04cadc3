import { merge } from 'rxjs';
import type { JobEvent, QueueEvents } from 'stepwell';

/** Prints what happens to jobs, whichever process makes it happen, a line each. */
export function printEvents(sources: readonly QueueEvents[], print: (line: string) => void): void {
  merge(...sources.map((events) => events.all$)).subscribe((event) => {
    const line = lineOf(event);
    if (line !== undefined) print(line);
  });
}

function lineOf(event: JobEvent): string | undefined {
  switch (event.event) {
    case 'step-completed':
      return `  ${event.jobId} ${event.step}: done`;
    case 'step-failed':
      return `  ${event.jobId} ${event.step}: ${event.failedReason}${tryingAgain(event.retryInMs)}`;
    case 'waiting-children':
      return `  ${event.jobId} waits for its children`;
    case 'signalled':
      return `  ${event.jobId} was ${event.signal}`;
    case 'deduplicated':
      return `  ${event.jobId} came again and is on its way already`;
    case 'completed':
      return `✓ ${event.jobId} done`;
    case 'failed':
      return `✗ ${event.jobId} failed, retry it on the page: ${event.failedReason}`;
    default:
      return undefined;
  }
}

const tryingAgain = (inMs?: number): string => (inMs === undefined ? '' : `, trying again in ${inMs} ms`);
