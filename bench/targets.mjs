// What stepwell sets out to reach, as ratios of its own figure to a peer's within the same round.
// A rate wants at least its ratio; bytes and milliseconds want at most theirs.
export const targets = [
  { test: 'addConcurrent', metric: 'ratePerSecond', against: 'bullmq', atLeast: 3 },
  { test: 'addConcurrent', metric: 'ratePerSecond', against: 'bee-queue', atLeast: 1.2 },
  { test: 'addBulk', metric: 'ratePerSecond', against: 'bullmq', atLeast: 4 },
  { test: 'addBulk', metric: 'ratePerSecond', against: 'bee-queue', atLeast: 1.2 },
  { test: 'work1', metric: 'ratePerSecond', against: 'bullmq', atLeast: 1.3 },
  { test: 'work1ahead', metric: 'ratePerSecond', against: 'bullmq', atLeast: 6 },
  { test: 'work10', metric: 'ratePerSecond', against: 'bullmq', atLeast: 2 },
  { test: 'work50', metric: 'ratePerSecond', against: 'bullmq', atLeast: 3 },
  { test: 'work50', metric: 'ratePerSecond', against: 'bee-queue', atLeast: 2 },
  { test: 'work200', metric: 'ratePerSecond', against: 'bullmq', atLeast: 3.5 },
  { test: 'latency', metric: 'p50Ms', against: 'bee-queue', atMost: 1 },
  { test: 'latency', metric: 'p99Ms', against: 'bee-queue', atMost: 1 },
  { test: 'latency2p', metric: 'p50Ms', against: 'bee-queue', atMost: 1 },
  { test: 'latency2p', metric: 'p99Ms', against: 'bee-queue', atMost: 1 },
  { test: 'memory', metric: 'bytesPerJob', against: 'bullmq', atMost: 0.5 },
];
