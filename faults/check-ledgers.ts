import type { FaultLog } from './events.js';
import type { Note } from './ledger.js';
import { percentiles, type Percentiles } from './percentiles.js';
import { readRuns, type JobRun } from './read-runs.js';
import type { Census } from './systems/system.js';

export interface Verdict {
  /** Adds that were tried. */
  jobs: number;
  answered: number;
  /** Adds that were refused: nothing was written. */
  refused: number;
  /** Adds that were given up, and may have been written. */
  unknown: number;
  faults: number;
  /** Answered, never run to an end, and not in Redis. */
  lost: number[];
  /** Run again, or added twice, although nothing that was done explains it. */
  doubled: number[];
  /** Run again for a reason: the process was killed or stopped, the run was told to abort, the server lost its end. */
  rerun: number;
  /** In Redis and not finished, long after the last fault. */
  stuck: number[];
  /** Failed for good, though the load never has a job fail that often. */
  failed: number[];
  /** Writes of runs that had been replaced by then, and how many of them were taken. */
  staleTried: number;
  staleAccepted: number;
  /** Completed when all faults had been over for a while, and no event said so. */
  unheard: number[];
  /** What the ledgers have of a job that is counted as lost, doubled or stuck: a line for each note. */
  examples: string[];
  recoveryMs: Percentiles;
  errors: number;
  unhandled: number;
}

/** A run may start so long after the server, which then lost that, let it start. */
const LATE_MS = 1000;

/** How long after the last fault a reader of events may be behind. */
const CATCH_UP_MS = 3000;

/** How a row measures recovery: until any job starts after the fault, or until each job that was cut short starts again. */
export type Recovery = 'service' | 'jobs';

export function checkLedgers(
  notes: readonly Note[],
  log: FaultLog,
  census: Census,
  recovery: Recovery,
): Verdict {
  const count = (what: Note['what']): number => notes.filter((note) => note.what === what).length;
  const runs = readRuns(notes);
  const answered = new Set(notes.filter(({ what }) => what === 'ok').map(({ key }) => key));
  const ended = new Set(
    [...runs].filter(([, of]) => of.some(({ endMs }) => endMs !== undefined)).map(([key]) => key),
  );
  const failed = new Set(census.failed);
  const unfinished = new Set(census.unfinished);
  const stale = [...runs.values()].flatMap(staleWrites);
  const again = [...runs].flatMap(([key, of]) => repeats(key, of, log));
  const lost = [...answered].filter((key) => !ended.has(key) && !failed.has(key) && !unfinished.has(key));
  const doubled = [...new Set(again.filter(({ isExplained }) => !isExplained).map(({ key }) => key))];
  return {
    jobs: count('add'),
    answered: answered.size,
    refused: count('no'),
    unknown: count('unknown'),
    faults: log.faults.length,
    lost,
    doubled,
    rerun: again.filter(({ isExplained }) => isExplained).length,
    stuck: census.unfinished,
    failed: census.failed,
    staleTried: stale.length,
    staleAccepted: stale.filter(Boolean).length,
    examples: [lost[0], doubled[0], census.unfinished[0]].flatMap((key) =>
      key === undefined ? [] : told(notes, key, log),
    ),
    unheard: unheard(notes, runs, log),
    recoveryMs: percentiles(recovery === 'jobs' ? jobRecoveries(runs, log) : serviceRecoveries(runs, log)),
    errors: count('error'),
    unhandled: notes.filter(({ what, token }) => what === 'error' && token === 'UNHANDLED').length,
  };
}

/** Each run after the first of a job. The load has a job fail once at most, which is an explanation too, but no repeat. */
function repeats(
  key: number,
  runs: readonly JobRun[],
  log: FaultLog,
): { key: number; isExplained: boolean }[] {
  return runs.slice(1).flatMap((run, i) => {
    const before = runs[i]!;
    if (before.failMs !== undefined && before.id === run.id) return [];
    return [{ key, isExplained: explains(before, run, log) }];
  });
}

function explains(before: JobRun, run: JobRun, log: FaultLog): boolean {
  if (log.losses.some((atMs) => before.startMs - LATE_MS < atMs && run.startMs > atMs)) return true;
  // One add made two jobs: nothing but a loss explains that.
  if (before.id !== run.id) return false;
  return (
    before.abortMs !== undefined ||
    log.killed.some(({ pid, atMs }) => pid === before.pid && atMs >= before.startMs) ||
    log.frozen.some(
      ({ pid, fromMs, toMs }) => pid === before.pid && fromMs < run.startMs && toMs > before.startMs,
    ) ||
    before.heldUp.some(([fromMs, toMs]) => fromMs < run.startMs && toMs > before.startMs)
  );
}

/** For each write of a run that was made when a later run of the job was under way: whether it was taken. */
function staleWrites(runs: readonly JobRun[]): boolean[] {
  return runs.flatMap((run, i) => {
    const replacedMs = Math.min(
      ...runs
        .slice(i + 1)
        .filter(({ id }) => id === run.id)
        .map(({ startMs }) => startMs),
    );
    return [...run.writes, ...(run.endMs === undefined ? [] : [{ atMs: run.endMs, isTaken: run.isDone }])]
      .filter(({ atMs }) => atMs > replacedMs)
      .map(({ isTaken }) => isTaken);
  });
}

/** All that is known of a job, and what was done meanwhile. */
function told(notes: readonly Note[], key: number, { faults, losses }: FaultLog): string[] {
  const about = notes.filter((note) => note.key === key);
  const lines = [
    ...about.map(({ atMs, pid, what, id, token, detail }) => ({
      atMs,
      text: `${pid} ${what} ${key} ${id} ${token} ${detail}`,
    })),
    ...losses.map((atMs) => ({ atMs, text: 'may have lost what it answered' })),
    ...faults.flatMap(({ label, fromMs, healedMs }) => [
      { atMs: fromMs, text: `${label} begins` },
      { atMs: healedMs, text: `${label} is over` },
    ]),
  ].sort((a, b) => a.atMs - b.atMs);
  const first = about[0]?.atMs ?? 0;
  const last = about.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  return lines
    .filter(({ atMs }) => atMs > first - 1000 && atMs < last + 1000)
    .map(({ atMs, text }) => `${(atMs - first).toFixed(0)} ms ${text}`);
}

/** Events may be missed where a server loses them; a reader may not stay behind for ever. */
function unheard(
  notes: readonly Note[],
  runs: ReadonlyMap<number, readonly JobRun[]>,
  { faults }: FaultLog,
): number[] {
  const heard = new Set(notes.filter(({ what }) => what === 'heard').map(({ key }) => key));
  if (!notes.some(({ what }) => what === 'listens')) return [];
  const fromMs = Math.max(...faults.map(({ healedMs }) => healedMs), -Infinity) + CATCH_UP_MS;
  return [...runs]
    .filter(([key, of]) => !heard.has(key) && of.some(({ startMs, isDone }) => isDone && startMs > fromMs))
    .map(([key]) => key);
}

function serviceRecoveries(runs: ReadonlyMap<number, readonly JobRun[]>, { faults }: FaultLog): number[] {
  const starts = [...runs.values()].flatMap((of) => of.map(({ startMs }) => startMs)).sort((a, b) => a - b);
  return faults.flatMap(({ healedMs }) => {
    const first = starts.find((atMs) => atMs > healedMs);
    return first === undefined ? [] : [first - healedMs];
  });
}

function jobRecoveries(runs: ReadonlyMap<number, readonly JobRun[]>, { killed, frozen }: FaultLog): number[] {
  const cuts = [...killed, ...frozen.map(({ pid, fromMs }) => ({ pid, atMs: fromMs }))];
  return [...runs.values()].flatMap((of) =>
    of.flatMap((run, i) => {
      const next = of[i + 1];
      const cut = cuts.find(
        ({ pid, atMs }) =>
          pid === run.pid && atMs > run.startMs && atMs < (run.endMs ?? run.failMs ?? Infinity),
      );
      return cut === undefined || next === undefined ? [] : [next.startMs - cut.atMs];
    }),
  );
}
