import type { Redis } from 'ioredis';
import * as generated from '../../lib/redis/scripts.generated.js';
import { lastingScripts, type Patch, type ScriptName } from '../simulation/simulated-scripts.js';

interface Known {
  name: string;
  lua: string;
  sha: string;
  isTimed: boolean;
  fn?: string | undefined;
}

/**
 * The scripts as the simulated server knows them: none at first, and none after a flush, whatever the real one has heard
 * of before. Scripts that take the time get that of the server when they run, and not that of when they were sent.
 */
export class KnownScripts {
  private readonly bySha = new Map<string, Known>();
  private readonly byText = new Map<string, string>();
  private readonly byFunction = new Map<string, string>();
  private readonly loaded = new Set<string>();
  private hasLibrary = false;

  constructor(
    private readonly redis: Redis,
    private readonly serverTime: () => number,
    patches: readonly Patch[] = [],
  ) {
    const scripts = lastingScripts(patches);
    for (const [name, { sha, lua, fn }] of Object.entries(generated)) {
      this.bySha.set(sha, scripts[name as ScriptName]);
      this.byText.set(lua, sha);
      this.byFunction.set(fn as string, sha);
    }
  }

  /** As `SCRIPT FLUSH` and `FUNCTION FLUSH`. */
  forget(): void {
    this.loaded.clear();
    this.hasLibrary = false;
  }

  /** As `FUNCTION LOAD`. */
  loadFunctions(): void {
    if (this.hasLibrary) throw new Error("ERR Library 'stepwell' already exists");
    this.hasLibrary = true;
  }

  /** Name of the script of a call, by its hash, its text or the name of its function. */
  nameOf(script: unknown): string | undefined {
    const text = script as string;
    const sha = this.byText.get(text) ?? this.byFunction.get(text) ?? text;
    return this.bySha.get(sha)?.name;
  }

  /** Functions run as scripts do: what a patch changes is the text of a script. */
  async run(
    command: 'fcall' | 'evalsha' | 'eval',
    [script, count, ...rest]: readonly unknown[],
  ): Promise<unknown> {
    const text = script as string;
    const shas = { fcall: this.byFunction.get(text), eval: this.byText.get(text), evalsha: text };
    const sha = shas[command];
    const known = this.bySha.get(sha ?? '');
    if (!known || !sha) throw new Error('The client sent a script that is none of its own.');
    if (command === 'eval') this.loaded.add(sha);
    if (command === 'fcall' && !this.hasLibrary) throw new Error('ERR Function not found');
    if (command === 'evalsha' && !this.loaded.has(sha))
      throw new Error('NOSCRIPT No matching script. Please use EVAL.');
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
