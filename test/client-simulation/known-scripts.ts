import type { Redis } from 'ioredis';
import * as generated from '../../lib/redis/scripts.generated.js';
import { lastingScripts, type Patch, type ScriptName } from '../simulation/simulated-scripts.js';

interface Known {
  name: string;
  lua: string;
  sha: string;
  isTimed: boolean;
}

/**
 * The scripts as the simulated server knows them: none at first, and none after a flush, whatever the real one has heard
 * of before. Scripts that take the time get that of the server when they run, and not that of when they were sent.
 */
export class KnownScripts {
  private readonly bySha = new Map<string, Known>();
  private readonly byText = new Map<string, string>();
  private readonly loaded = new Set<string>();

  constructor(
    private readonly redis: Redis,
    private readonly serverTime: () => number,
    patches: readonly Patch[] = [],
  ) {
    const scripts = lastingScripts(patches);
    for (const [name, { sha, lua }] of Object.entries(generated)) {
      this.bySha.set(sha, scripts[name as ScriptName]);
      this.byText.set(lua, sha);
    }
  }

  /** As `SCRIPT FLUSH`. */
  forget(): void {
    this.loaded.clear();
  }

  /** Name of the script of a call, by its hash or its text. */
  nameOf(script: unknown): string | undefined {
    const sha = this.byText.get(script as string) ?? (script as string);
    return this.bySha.get(sha)?.name;
  }

  async run(command: 'evalsha' | 'eval', [script, count, ...rest]: readonly unknown[]): Promise<unknown> {
    const sha = command === 'eval' ? this.byText.get(script as string) : (script as string);
    const known = this.bySha.get(sha ?? '');
    if (!known || !sha) throw new Error('The client sent a script that is none of its own.');
    if (command === 'eval') this.loaded.add(sha);
    if (!this.loaded.has(sha)) throw new Error('NOSCRIPT No matching script. Please use EVAL.');
    const args = [count, ...rest] as (string | number)[];
    if (known.isTimed) args[1 + Number(count)] = this.serverTime();
    try {
      return await (this.redis as any).evalsha([known.sha, ...args]);
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error;
      return (this.redis as any).eval([known.lua, ...args]);
    }
  }
}
