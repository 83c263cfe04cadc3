import sequencer from '@jest/test-sequencer';

const Sequencer = sequencer.default ?? sequencer;

/** In a clone that has run no tests jest knows of no times, and would begin some of these last, with one process idle meanwhile. */
const LONG = [
  'sample-app/test/board.browser',
  'sample-app/test/redis-away.e2e',
  'test/client-simulation/client-simulation',
  'test/simulation/simulation',
  'sample-app/test/redis-away.browser',
  'test/engine/job-schedulers',
  'test/compat/sandbox',
  'test/simulation/limits/limits',
  'test/lua/groups-random',
  'test/engine/payloads',
  'sample-app/test/bull-board.browser',
  'test/engine/embedded-redis',
  'test/engine/job-scheduler-control',
  'test/testing/time-travel',
  'test/nest/schedules',
  'test/engine/functions',
];

/** Begins with the files that take longest. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const at = LONG.findIndex((name) => path.endsWith(`/${name}.spec.ts`));
      return at < 0 ? LONG.length : at;
    };
    return super.sort(tests).toSorted((a, b) => place(a) - place(b));
  }
}
