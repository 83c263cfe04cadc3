import type { DiscoveredHandler, DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';

/** Who processes what of a queue, in a line: `OrderProcessor (steps reserve, charge), MailProcessor (job 'welcome', all other jobs)`. */
export function describeProcessors(processors: readonly DiscoveredProcessor[]): string {
  return processors
    .map(({ className, handlers }) => `${className} (${handlers.map(describe).join(', ')})`)
    .join(', ');
}

function describe({ kind, jobName, steps = [] }: DiscoveredHandler): string {
  if (kind === 'steps') {
    return `${jobName === undefined ? '' : `job '${jobName}' by `}steps ${steps.join(', ')}`;
  }
  return jobName === undefined ? 'all other jobs' : `job '${jobName}'`;
}
