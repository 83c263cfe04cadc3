import type { DiscoveredHandler, DiscoveredProcessor } from './interfaces/discovered-processor.interface.js';

/** Who processes what of a queue, in a line: `OrderProcessor (steps reserve, charge), MailProcessor (job 'welcome')`. */
export function describeProcessors(processors: readonly DiscoveredProcessor[]): string {
  const isAlone = processors.flatMap(({ handlers }) => handlers).length === 1;
  return processors
    .map(({ className, handlers }) => {
      return `${className} (${handlers.map((handler) => describe(handler, isAlone)).join(', ')})`;
    })
    .join(', ');
}

function describe({ kind, jobName, steps = [] }: DiscoveredHandler, isAlone: boolean): string {
  if (kind === 'steps') {
    return `${jobName === undefined ? '' : `job '${jobName}' by `}steps ${steps.join(', ')}`;
  }
  if (jobName !== undefined) return `job '${jobName}'`;
  return isAlone ? 'all jobs' : 'all other jobs';
}
