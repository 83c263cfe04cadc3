import { defineSteps, type Job } from '../../lib/engine.js';

export const SIX = ['one', 'two', 'three', 'four', 'five', 'six'] as const;

/** Where a process ends itself: around the effect of a step, or around the write that keeps its result. */
export type KillAt = 'before' | 'effect' | 'sent' | 'kept';

export interface Kill {
  step: string;
  at: KillAt;
}

/** Six steps, each with an effect that is noted and cannot be undone. */
export function sixSteps(
  note: (what: 'begin' | 'effect', step: string) => void,
  at: (at: KillAt, step: string, job: Job) => void = () => {},
) {
  const steps = SIX.map((name) => [
    name,
    async (job: Job) => {
      note('begin', name);
      at('before', name, job);
      await Promise.resolve();
      note('effect', name);
      at('effect', name, job);
      return name;
    },
  ]);
  return defineSteps(Object.fromEntries(steps));
}
