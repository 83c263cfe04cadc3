import type { Note } from './ledger.js';

/** One run of a job, as its worker's ledger has it. */
export interface JobRun {
  id: string;
  token: string;
  pid: number;
  startMs: number;
  endMs?: number;
  failMs?: number;
  abortMs?: number;
  /** The queue took its end. */
  isDone: boolean;
  writes: { atMs: number; isTaken: boolean }[];
  /** When its process could do nothing, as some processor held the event loop: from, to. */
  heldUp: (readonly [number, number])[];
}

/** The runs of each job, by its number, in the order of their starts. */
export function readRuns(notes: readonly Note[]): Map<number, JobRun[]> {
  const sorted = [...notes].sort((a, b) => a.atMs - b.atMs);
  const jobs = new Map<number, JobRun[]>();
  const byName = new Map<string, JobRun>();
  for (const note of sorted) apply(note, jobs, byName);
  const held = heldUpTimes(sorted, byName);
  for (const run of byName.values()) run.heldUp = held.get(run.pid) ?? [];
  return jobs;
}

function apply(note: Note, jobs: Map<number, JobRun[]>, byName: Map<string, JobRun>): void {
  const { what, key, id, token, pid, atMs } = note;
  // A server that evicts what it likes may leave a job without its data, and so without its number.
  if (Number.isNaN(key)) return;
  if (what === 'start') {
    const run: JobRun = { id, token, pid, startMs: atMs, isDone: false, writes: [], heldUp: [] };
    byName.set(nameOf(note), run);
    jobs.set(key, [...(jobs.get(key) ?? []), run]);
    return;
  }
  const run = byName.get(nameOf(note));
  if (run === undefined) return;
  if (what === 'end') run.endMs = atMs;
  else if (what === 'fail') run.failMs = atMs;
  else if (what === 'abort') run.abortMs ??= atMs;
  else if (what === 'done') run.isDone = true;
  else if (what === 'write') run.writes.push({ atMs, isTaken: false });
  else if (what === 'wrote') run.writes.at(-1)!.isTaken = true;
}

function heldUpTimes(
  notes: readonly Note[],
  byName: ReadonlyMap<string, JobRun>,
): Map<number, (readonly [number, number])[]> {
  const held = new Map<number, (readonly [number, number])[]>();
  for (const note of notes) {
    const run = note.what === 'late' ? byName.get(nameOf(note)) : undefined;
    if (run !== undefined) held.set(run.pid, [...(held.get(run.pid) ?? []), [run.startMs, note.atMs]]);
  }
  return held;
}

// A server that lost what it knew may give a token twice, but not to one process.
const nameOf = ({ pid, key, id, token }: Note): string => `${pid} ${key} ${id} ${token}`;
