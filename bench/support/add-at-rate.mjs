import { monotonicUs } from './monotonic-us.mjs';
import { payload } from './payload.mjs';

// Adds jobs at a steady rate, each with the time just before its add(). A timer looks every millisecond for what has fallen due;
// adds are not awaited one by one, so that a slow peer does not slow the rate down.
export function addAtRate(producer, { jobs, jobsPerSecond }) {
  return new Promise((resolve, reject) => {
    const startedUs = monotonicUs();
    const adds = [];
    const timer = setInterval(() => {
      const due = Math.min(jobs, Math.floor(((monotonicUs() - startedUs) * jobsPerSecond) / 1e6));
      while (adds.length < due) adds.push(producer.add({ ...payload(adds.length), addedUs: monotonicUs() }));
      if (due < jobs) return;
      clearInterval(timer);
      Promise.all(adds).then(resolve, reject);
    }, 1);
  });
}
