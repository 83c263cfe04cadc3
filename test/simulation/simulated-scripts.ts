import * as generated from '../../lib/redis/scripts.generated.js';
import { defineScript, type Script } from '../../lib/redis/script.js';

export type ScriptName = keyof typeof generated;
/** For a caller whose call is of any script, and so not checked. */
export type AnyScript = Script<readonly (string | number)[], any>;
/** What a script is called with besides its keys, as the bindings of production say. */
export type ScriptArgs<Name extends ScriptName> =
  (typeof generated)[Name] extends Script<infer Args, any> ? Args : never;
export type ScriptSet = { [Name in ScriptName]: (typeof generated)[Name] };

/** A text of the Lua scripts and what to put in its place. */
export interface Patch {
  from: string;
  to: string;
  /** Default: every script that has the text. */
  only?: readonly ScriptName[];
}

/** Caps of the simulated scripts: those of production would never be reached by a queue of thirty jobs. */
export const CAPS = {
  FETCH_CAP: 4,
  PROMOTE_CAP: 3,
  RECOVER_CAP: 3,
  CLEAN_CAP: 6,
  DRAIN_CAP: 4,
  RETRY_CAP: 3,
  TRIM_CAP: 3,
  ADD_CAP: 8,
  COMMIT_CAP: 7,
  RENEW_CAP: 12,
} as const;

const CAP_VALUES = /^local (\w+_CAP) = \d+$/;

/** Scripts that are given the time let keys expire later by this, as Redis forgets keys by its own clock. */
export const LASTING_MS = 3_600_000;

/** The scripts of production, then with what `patches` change. */
export function lastingScripts(patches: readonly Patch[] = []): ScriptSet {
  return patched(generated, patches);
}

/** The same with small caps. */
export function simulatedScripts(patches: readonly Patch[] = []): ScriptSet {
  const seen = new Set<string>();
  const scripts = Object.entries(generated).map(([name, script]): [string, AnyScript] => {
    const lines = script.lua.split('\n').map((line) => {
      const cap = CAP_VALUES.exec(line)?.[1];
      if (!cap || !(cap in CAPS)) return line;
      seen.add(cap);
      return `local ${cap} = ${CAPS[cap as keyof typeof CAPS]}`;
    });
    return [name, { ...script, ...relabel(lines.join('\n')) }];
  });
  const missing = Object.keys(CAPS).filter((cap) => !seen.has(cap));
  if (missing.length > 0) throw new Error(`No script has the cap ${missing.join(', ')}.`);
  return patched(Object.fromEntries(scripts) as unknown as ScriptSet, patches);
}

/** Fails where a text is not found, so that a patch cannot go stale unnoticed. */
function patched(scripts: ScriptSet, patches: readonly Patch[]): ScriptSet {
  const result = { ...scripts } as Record<ScriptName, AnyScript>;
  for (const { from, to, only } of patches) {
    const names =
      only ?? (Object.keys(result) as ScriptName[]).filter((name) => result[name].lua.includes(from));
    if (names.length === 0) throw new Error(`No script has the text to patch: ${from}`);
    for (const name of names) {
      const parts = result[name].lua.split(from);
      if (parts.length !== 2)
        throw new Error(`${name} has ${parts.length - 1} times the text to patch: ${from}`);
      result[name] = { ...result[name], ...relabel(parts.join(to)) };
    }
  }
  return result as unknown as ScriptSet;
}

/** The function library has the texts of production. */
function relabel(lua: string): { lua: string; sha: string; fn: undefined } {
  const { sha } = defineScript('', [], lua.split('\n'), false, false);
  return { lua, sha, fn: undefined };
}
