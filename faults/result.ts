import type { Verdict } from './check-ledgers.js';

/** What came of a row on a system. */
export interface Result {
  row: string;
  title: string;
  system: string;
  seed: number;
  /** Not run: it is neither passed nor failed. */
  skipped?: string;
  /** It broke down before there was anything to check. */
  broken?: string;
  verdict?: Verdict;
  peakBytes?: number;
  /** Workers that did not close in time. */
  unclosed?: number;
  /** What every row has to keep, and this did not. */
  wrong: string[];
  remarks: string[];
  serverLoses: boolean;
  tookMs: number;
}

export const isPassed = ({ skipped, broken, wrong }: Result): boolean =>
  skipped === undefined && broken === undefined && wrong.length === 0;
