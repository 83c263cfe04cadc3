import { targets } from '../targets.mjs';

// The targets of one test, each with the ratio seen: those that this run's peers can tell about.
export function checkTargets(summary, test, peers) {
  return targets
    .filter((target) => target.test === test && peers.includes('stepwell') && peers.includes(target.against))
    .map((target) => ({
      ...target,
      ratio: summary.pairedRatio(test, 'stepwell', target.against, target.metric).median,
    }))
    .map((target) => ({ ...target, reached: isReached(target) }));
}

function isReached({ ratio, atLeast, atMost }) {
  return atLeast === undefined ? ratio <= atMost : ratio >= atLeast;
}
