import { writeFileSync } from 'node:fs';

/** A jest reporter that leaves the run's totals in the file named by STEPWELL_TEST_TOTALS, for scripts/test.mjs. */
export default class JestTotals {
  onRunComplete(_contexts, results) {
    const file = process.env.STEPWELL_TEST_TOTALS;
    if (file === undefined) return;
    const totals = {
      passed: results.numPassedTests,
      // A file that could not run, or left something open, has no failing test to show for it.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(file, JSON.stringify(totals));
  }
}
