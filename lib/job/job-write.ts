import type { CommitEntry, Exit } from './wire.generated.js';

/**
 * One entry of a group commit: an operation on a job under a lock token ('' for a data write without a lock), or a new
 * job (see `NewJob`). Of `begin-step`, `from` is the cursor as it was read, and `anew` asks to forget what was done before;
 * an `emit` without a step is of the whole run.
 */
export type JobWrite = CommitEntry;

/**
 * The end of a step, and what comes of it: the next cursor ('' to leave it), the head of the step that starts there ('' for
 * none), and in which way the job leaves its worker.
 */
export type StepWrite = Extract<CommitEntry, readonly ['step', ...unknown[]]>;

/** In which way a job leaves its worker after a step, if it does; `undo` stays and keeps why the job fails. */
export type RunExit = readonly [] | Exit;

/** Bytes of a write about. */
export function sizeOfWrite(write: JobWrite): number {
  let size = 0;
  for (const part of write as readonly (string | readonly string[])[]) {
    if (typeof part === 'string') {
      size += part.length;
    } else {
      for (const word of part) size += word.length;
    }
  }
  return size;
}
