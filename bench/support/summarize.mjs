import { median, range } from './statistics.mjs';

// What the reports ask of the measurements.
export function summarize(measurements) {
  const figures = new Map();
  for (const { test, peer, round, ...result } of measurements) {
    for (const [metric, value] of Object.entries(result)) {
      if (typeof value === 'number') figures.set([test, peer, round, metric].join('/'), value);
    }
  }
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  const figure = (test, peer, round, metric) => figures.get([test, peer, round, metric].join('/'));
  const defined = (value) => value !== undefined;

  function valuesOf(test, peer, metric) {
    return rounds.map((round) => figure(test, peer, round, metric)).filter(defined);
  }

  return {
    median: (test, peer, metric) => median(valuesOf(test, peer, metric)),
    range: (test, peer, metric) => range(valuesOf(test, peer, metric)),

    // The fairer comparison: each round's own ratio, of which the median.
    pairedRatio(test, peer, against, metric) {
      const ratios = rounds
        .map((round) => [figure(test, peer, round, metric), figure(test, against, round, metric)])
        .filter((pair) => pair.every(defined))
        .map(([mine, theirs]) => mine / theirs);
      return { median: median(ratios), ...range(ratios) };
    },
  };
}
