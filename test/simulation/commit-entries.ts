/** Operands after the token. */
const OPERANDS: Record<string, number> = {
  complete: 2,
  fail: 4,
  retry: 4,
  postpone: 1,
  data: 1,
  progress: 1,
  log: 2,
  'clear-logs': 1,
  add: 1,
};

/** The entries of a commit: operation, job, token, operands. What follows one that nobody knows cannot be read. */
export function readEntries(rest: readonly string[]): string[][] {
  const entries: string[][] = [];
  for (let at = 0; at < rest.length;) {
    const operands = OPERANDS[rest[at] as string] ?? Infinity;
    entries.push(rest.slice(at, at + 3 + operands));
    at += 3 + operands;
  }
  return entries;
}

export function isKnownOperation(operation: string): boolean {
  return operation in OPERANDS;
}
