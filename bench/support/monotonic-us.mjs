// On Linux and macOS this clock is the machine's, not the process's: two processes may compare readings.
export function monotonicUs() {
  return Number(process.hrtime.bigint()) / 1_000;
}
