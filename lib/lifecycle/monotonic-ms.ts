/** Milliseconds of a clock that nobody sets: for deadlines of this process. It tells no time of day. */
export function monotonicMs(): number {
  return performance.now();
}
