// A stopwatch's readings as the figures of the report.
export function perJob({ wallUs, nodeUs, redisUs }, jobs) {
  return {
    jobs,
    seconds: wallUs / 1e6,
    ratePerSecond: (jobs * 1e6) / wallUs,
    nodeUsPerJob: nodeUs / jobs,
    redisUsPerJob: redisUs / jobs,
  };
}
