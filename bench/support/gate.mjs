import { catalog, metricsOf } from '../catalog.mjs';

/** Part by which a ratio may be worse than the worst round that is stored, before it is a loss. */
const NOISE = 0.1;
const LOWER_IS_BETTER = /Ms$|^bytes/;

/** The ratios of stepwell to the others, of the first figure of each test: what a later run is compared with. */
export function ratiosOf(summary, { tests, peers }) {
  const others = peers.filter((peer) => peer !== 'stepwell');
  return Object.fromEntries(
    tests.map((test) => {
      const { key } = metricsOf[catalog[test].kind][0];
      const each = others.map((peer) => [peer, summary.pairedRatio(test, 'stepwell', peer, key)]);
      return [test, { metric: key, ...Object.fromEntries(each) }];
    }),
  );
}

/** Rows of [test, peer, ratio now, ratio stored, lowest or highest stored, whether it is a loss]. */
export function compareRatios(stored, current) {
  return Object.entries(current).flatMap(([test, { metric, ...peers }]) =>
    Object.entries(peers)
      .filter(([peer]) => stored[test]?.[peer])
      .map(([peer, now]) => {
        const before = stored[test][peer];
        const isLower = LOWER_IS_BETTER.test(metric);
        const worst = isLower ? before.max : before.min;
        const isLoss = isLower ? now.median > worst * (1 + NOISE) : now.median < worst * (1 - NOISE);
        return { test, peer, now: now.median, before: before.median, worst, isLoss };
      }),
  );
}
