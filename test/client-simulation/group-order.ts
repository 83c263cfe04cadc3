import type { JobEvent } from '../../lib/engine.js';

/** What the name of a job begins with that waits in its group from its add on, and nothing else holds; the group is the rest. */
export const IN_GROUP = 'task@';

const LEAVES = new Set<string>(['removed', 'failed', 'completed']);

/** Jobs of a group start in the order in which they were added, as long as they are not retried or moved by hand. */
export class GroupOrder {
  private readonly lines = new Map<string, string[]>();

  /** @param moved ids of jobs whose turn a user has changed, or may have */
  constructor(private readonly moved: ReadonlySet<string>) {}

  /** @returns what is wrong with a job's start */
  take(event: JobEvent): string | undefined {
    if (event.event === 'gap') {
      this.lines.clear();
    } else if (event.event === 'added' && event.name.startsWith(IN_GROUP)) {
      const line = this.lines.get(event.name) ?? [];
      this.lines.set(event.name, line);
      line.push(event.jobId);
    } else if (event.event === 'active') {
      return this.leave(event.jobId, (line, at) => line.slice(0, at).find((id) => !this.moved.has(id)));
    } else if (LEAVES.has(event.event)) {
      this.leave((event as { jobId: string }).jobId);
    }
    return undefined;
  }

  private leave(
    jobId: string,
    passed?: (line: string[], at: number) => string | undefined,
  ): string | undefined {
    for (const [name, line] of this.lines) {
      const at = line.indexOf(jobId);
      if (at < 0) continue;
      const other = this.moved.has(jobId) ? undefined : passed?.(line, at);
      line.splice(at, 1);
      return other === undefined ? undefined : `started ${jobId} before ${other} of ${name}`;
    }
    return undefined;
  }
}
