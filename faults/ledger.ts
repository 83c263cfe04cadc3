import { closeSync, openSync, writeSync } from 'node:fs';

/** What is noted. `key` is the number that the load gave a job: ids are no name for it, as a server may give one twice. */
export interface Note {
  /** Milliseconds of the machine's monotonic clock, the same for all processes. */
  atMs: number;
  pid: number;
  what: NoteKind;
  key: number;
  /** The job's id, where there is one. */
  id: string;
  /** The lock under which the run is, or an error's code. */
  token: string;
  /** Of a write: what was written. */
  detail: string;
}

export type NoteKind =
  | 'add' // is about to be added
  | 'ok' // the add was answered
  | 'no' // the add was refused, and nothing of it was written
  | 'unknown' // the add was given up, and may have been written
  | 'start' // a run begins
  | 'write' // the processor is about to write something of its job
  | 'wrote' // … and it was taken
  | 'refused' // … and it was not
  | 'fail' // the processor throws, as the load told it to
  | 'end' // the processor returns
  | 'abort' // the run was told that its lock is lost
  | 'done' // the queue has taken the job's end
  | 'listens' // events are listened to from now on
  | 'heard' // an event said that the job completed
  | 'late' // a processor held the event loop, and goes on
  | 'error' // an error event
  | 'closed'; // the process ends in order

/** Milliseconds of a clock that nobody sets, and which is one for the whole machine. */
export const machineMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** A file to which each line is written at once, so that it survives `kill -9` of whoever writes it. */
export class Ledger {
  private constructor(private readonly file: number) {}

  static open(path: string): Ledger {
    return new Ledger(openSync(path, 'a'));
  }

  note(what: NoteKind, key: number, id = '-', token = '-', detail = '-'): void {
    const words = [id, token, detail].map((word) => word.replace(/[^!-~]+/g, '_') || '-');
    writeSync(this.file, `${machineMs()} ${process.pid} ${what} ${key} ${words.join(' ')}\n`);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** The notes of whole lines. */
export function readNotes(text: string): Note[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [atMs, pid, what, key, id, token, detail] = line.split(' ') as [string, ...string[]];
      return {
        atMs: Number(atMs),
        pid: Number(pid),
        what: what as NoteKind,
        key: Number(key),
        id: id!,
        token: token!,
        detail: detail!,
      };
    });
}
