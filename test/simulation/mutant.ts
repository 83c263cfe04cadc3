import type { Patch } from './simulated-scripts.js';

/** The scripts with one guard taken out. A simulation that does not notice proves nothing about that guard. */
export interface Mutant {
  name: string;
  patches: Patch[];
}

export function mutant(name: string, from: string, to: string, only?: Patch['only']): Mutant {
  return { name, patches: [only ? { from, to, only } : { from, to }] };
}
