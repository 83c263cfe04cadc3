import { Job } from '../job/job.js';
import { type JobRef, queueBase, refText } from '../job/job-ref.js';
import type { QueueStore } from '../store/queue-store.js';
import type { JobNode } from './flow-options.js';

export interface FlowLimits {
  depth: number;
  maxChildren: number;
}

/** The job and what is below it, undefined when it is gone. */
export async function readFlow(
  storeOf: (ref: JobRef) => QueueStore,
  ref: JobRef,
  { depth, maxChildren }: FlowLimits,
): Promise<JobNode | undefined> {
  const [job] = await loadJobs(storeOf, [ref]);
  if (!job) {
    return undefined;
  }
  const [node] = await readLevel(storeOf, [{ ref, job }], { depth, maxChildren });
  return node;
}

/** One level at a time: the jobs of a queue are read together. */
async function readLevel(
  storeOf: (ref: JobRef) => QueueStore,
  level: readonly { ref: JobRef; job: Job }[],
  { depth, maxChildren }: FlowLimits,
): Promise<JobNode[]> {
  if (depth <= 1) {
    return level.map(({ job }) => ({ job }));
  }
  const refs = await Promise.all(level.map(({ ref }) => childRefs(storeOf(ref), ref.id, maxChildren)));
  const jobs = await loadJobs(storeOf, refs.flat());
  let at = 0;
  const present = refs.map((own) =>
    own.flatMap((ref) => {
      const job = jobs[at];
      at += 1;
      return job ? [{ ref, job }] : [];
    }),
  );
  const below = present.flat();
  const nodes = below.length === 0 ? [] : await readLevel(storeOf, below, { depth: depth - 1, maxChildren });
  let taken = 0;
  return level.map(({ job }, i) => {
    const count = present[i]!.length;
    const children = nodes.slice(taken, taken + count);
    taken += count;
    return refs[i]!.length === 0 ? { job } : { job, children };
  });
}

async function childRefs(store: QueueStore, id: string, most: number): Promise<JobRef[]> {
  const found = new Map<string, JobRef>();
  let cursor = 0;
  do {
    const page = await store.children.read(id, { letters: 'pcif', values: false, cursor });
    page.children.forEach(({ ref }) => found.set(refText(ref), ref));
    cursor = page.cursor;
  } while (cursor !== 0 && found.size < most);
  return [...found.values()].slice(0, most);
}

/** In the order of the refs; undefined for jobs that are gone. */
async function loadJobs(
  storeOf: (ref: JobRef) => QueueStore,
  refs: readonly JobRef[],
): Promise<(Job | undefined)[]> {
  const byQueue = new Map<string, JobRef[]>();
  for (const ref of refs) {
    const base = queueBase(ref.prefix, ref.queueName);
    byQueue.set(base, [...(byQueue.get(base) ?? []), ref]);
  }
  const jobs = new Map<string, Job>();
  await Promise.all(
    [...byQueue.values()].map(async (own) => {
      const store = storeOf(own[0]!);
      const loaded = await store.inspect.loadJobs(own.map(({ id }) => id));
      for (const [i, each] of loaded.entries()) {
        if (each) {
          jobs.set(refText(own[i]!), Job.fromRecord<any, any, string, any>(store.jobs, each.record));
        }
      }
    }),
  );
  return refs.map((ref) => jobs.get(refText(ref)));
}
