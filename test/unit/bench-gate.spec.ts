import { describe, expect, it } from '@jest/globals';

interface Ratio {
  median: number;
  min: number;
  max: number;
}
type Ratios = Record<string, { metric: string; [peer: string]: Ratio | string }>;
interface Compared {
  test: string;
  isLoss: boolean;
}

const GATE = '../../bench/support/gate.mjs';
const { compareRatios } = (await import(GATE)) as {
  compareRatios: (stored: Ratios, current: Ratios) => Compared[];
};

const ratios = (metric: string, median: number): Ratios => ({
  work: { metric, bullmq: { median, min: median * 0.9, max: median * 1.2 } },
});

describe('the gate of the bench', () => {
  it.each([
    ['ratePerSecond', 3, 2.5, false],
    ['ratePerSecond', 3, 2.4, true],
    ['ratePerSecond', 3, 9, false],
    ['p50Ms', 1, 1.3, false],
    ['p50Ms', 1, 1.4, true],
    ['bytesPerJob', 0.4, 0.1, false],
  ])('of %s: %d before and %d now is a loss: %s', (metric, before, now, isLoss) => {
    expect(compareRatios(ratios(metric, before), ratios(metric, now))).toEqual([
      expect.objectContaining({ test: 'work', isLoss }),
    ]);
  });

  it('passes over what was not measured before', () => {
    expect(compareRatios({}, ratios('ratePerSecond', 1))).toEqual([]);
  });
});
