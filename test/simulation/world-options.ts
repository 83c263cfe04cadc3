import type { Random } from './random.js';

/** All that a seed decides before the first step. */
export interface WorldOptions {
  queues: readonly string[];
  workers: number;
  lockMs: number;
  maxStalls: number;
  /** 0 for no limit. */
  limitMax: number;
  limitMs: number;
  /** Share of jobs that are deduplicated. */
  deduplicated: number;
  /** Whether workers only complete jobs, and no limit holds them: most calls take the path of plain jobs then. */
  plain: boolean;
}

/** Every fourth seed is of a queue of plain jobs. */
export function drawOptions(random: Random, seed: number): WorldOptions {
  const plain = seed % 8 === 0 || seed % 8 === 4;
  return {
    queues: ['a'],
    workers: random.int(3, 6),
    lockMs: 30_000,
    maxStalls: random.int(0, 3),
    limitMax: random.chance(0.5) && !plain ? random.int(2, 6) : 0,
    limitMs: 4000,
    deduplicated: [0, 0.8, 0.7, 0.5][seed % 4] as number,
    plain,
  };
}
