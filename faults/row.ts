import type { Recovery, Verdict } from './check-ledgers.js';
import type { Machine } from './machine.js';
import type { Scene } from './scene.js';

/** One fault, as a program. */
export interface Row {
  /** As `npm run faults -- <name>` takes it. */
  name: string;
  /** What is done, for the table. */
  title: string;
  /** Whether it is in the short selection. */
  isShort?: boolean;
  /** It needs all of the machine: the systems run it one after the other. Default: side by side. */
  isAlone?: boolean;
  /** When it is given up. @default 240_000 */
  atMostMs?: number;
  /** Why it cannot run on this machine, where it cannot. */
  missing?(machine: Machine): Promise<string | undefined> | string | undefined;
  /** What the server does not promise to keep is counted, and no fault of a queue. Default: it keeps what it answered. */
  serverLoses?: boolean;
  /** @default 'service' */
  recovery?: Recovery;
  /** Why it says nothing about a system, where it does not. */
  leavesOut?: Readonly<Record<string, string>>;
  run(scene: Scene): Promise<void>;
  /** Gates of its own: what is wrong, in words. */
  judge?(verdict: Verdict, scene: Scene): string[];
}
