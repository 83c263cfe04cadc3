import { COMMIT_ENTRY_SIZES } from '../../lib/job/wire.generated.js';

/** How many texts an entry has, of those that simulated workers send: no steps. */
const SIZES: Readonly<Record<string, number>> = COMMIT_ENTRY_SIZES;

/** The entries of a commit: operation, job, token, operands. What follows one that nobody knows cannot be read. */
export function readEntries(rest: readonly string[]): string[][] {
  const entries: string[][] = [];
  for (let at = 0; at < rest.length;) {
    const size = SIZES[rest[at] as string] ?? Infinity;
    entries.push(rest.slice(at, at + size));
    at += size;
  }
  return entries;
}

export function isKnownOperation(operation: string): boolean {
  return operation in SIZES;
}
