import { monotonicUs } from './monotonic-us.mjs';

// Wall time, and the CPU time that this process and Redis spend meanwhile. `start` does not wait: the clock may have to start
// in the middle of the work, and Redis' counter is then read as soon as Redis gets to it.
export function startStopwatch(probe) {
  const redisAtStart = probe.cpuUs();
  const nodeAtStart = process.cpuUsage();
  const startedUs = monotonicUs();
  return {
    stop() {
      const wallUs = monotonicUs() - startedUs;
      const node = process.cpuUsage(nodeAtStart);
      return readings(wallUs, node.user + node.system, redisAtStart, probe.cpuUs());
    },
  };
}

async function readings(wallUs, nodeUs, redisAtStart, redisAtEnd) {
  return { wallUs, nodeUs, redisUs: (await redisAtEnd) - (await redisAtStart) };
}
