import type { Patch } from '../simulation/simulated-scripts.js';

export interface ClientSimulationOptions {
  seed: number;
  steps: number;
  /** Steps at which nothing is done on purpose: neither a fault nor a user's action. For shrinking. */
  skip?: ReadonlySet<number>;
  /** Whether the world comes to its end as it should. Default true. */
  finale?: boolean;
  /** Changes of the Lua scripts. */
  patches?: readonly Patch[];
  log?: (line: string) => void;
}
