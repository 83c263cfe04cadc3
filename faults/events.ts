/** What was done to the system under test, for the checker. */
export interface FaultLog {
  /** Each fault, from the moment before it to the moment when nothing stands in the way any more. */
  faults: { label: string; fromMs: number; healedMs: number }[];
  killed: { pid: number; atMs: number }[];
  frozen: { pid: number; fromMs: number; toMs: number }[];
  /** From when on a server may not have known what it had answered. */
  losses: number[];
}
