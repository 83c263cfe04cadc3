// Every test of the bench: which file of tests/ measures it, and at what size. Sizes are those at --scale 1.
export const catalog = {
  addSerial: { kind: 'adds', style: 'serial', jobs: 4_000, warmUpJobs: 4_000 },
  addConcurrent: { kind: 'adds', style: 'concurrent', jobs: 20_000, warmUpJobs: 40_000, window: 1_000 },
  addBulk: { kind: 'adds', style: 'bulk', jobs: 20_000, warmUpJobs: 40_000, window: 1_000 },
  work1: { kind: 'work', concurrency: 1, jobs: 10_000, warmUpJobs: 5_000 },
  work1ahead: { kind: 'work', concurrency: 1, prefetch: 32, jobs: 10_000, warmUpJobs: 10_000 },
  work10: { kind: 'work', concurrency: 10, jobs: 20_000, warmUpJobs: 20_000 },
  work50: { kind: 'work', concurrency: 50, jobs: 20_000, warmUpJobs: 20_000 },
  work200: { kind: 'work', concurrency: 200, jobs: 20_000, warmUpJobs: 20_000 },
  latency: {
    kind: 'latency',
    producerProcess: 'same',
    concurrency: 10,
    jobsPerSecond: 500,
    seconds: 5,
    warmUpSeconds: 1,
  },
  latency2p: {
    kind: 'latency',
    producerProcess: 'own',
    concurrency: 10,
    jobsPerSecond: 500,
    seconds: 5,
    warmUpSeconds: 1,
  },
  memory: { kind: 'memory', jobs: 100_000, window: 1_000 },
};

// The figures that a kind of test yields, the first one being the one that the tables compare.
export const metricsOf = {
  adds: [{ key: 'ratePerSecond', label: 'jobs/s' }],
  work: [{ key: 'ratePerSecond', label: 'jobs/s' }],
  latency: [
    { key: 'p50Ms', label: 'p50' },
    { key: 'p90Ms', label: 'p90' },
    { key: 'p99Ms', label: 'p99 ms' },
  ],
  memory: [{ key: 'bytesPerJob', label: 'B/job' }],
};

export const peers = ['stepwell', 'bullmq', 'bee-queue'];

// What a single comparison may name besides.
export const variants = ['stepwell-steps', 'stepwell-limited'];

// Warm-up is not scaled: a short run should still measure warm code.
export function scaledTest(name, scale) {
  const test = { name, ...catalog[name] };
  if (test.jobs) test.jobs = Math.max(200, Math.round(test.jobs * scale));
  if (test.seconds) test.seconds = Math.max(1, test.seconds * scale);
  return test;
}
