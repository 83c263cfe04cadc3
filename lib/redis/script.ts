import { createHash } from 'node:crypto';
import type { FixedKey } from './queue-keys.js';

/** A Lua command: its keys by name, its fixed arguments as a tuple, and whether a list of further ones follows. */
export interface Script<Args extends readonly (string | number)[], Rest extends boolean> {
  readonly name: string;
  readonly keys: readonly FixedKey[];
  readonly lua: string;
  readonly sha: string;
  /** Whether its first argument is the time, 0 for that of Redis. */
  readonly isTimed: boolean;
  /** Types only; never set. */
  readonly signature?: { args: Args; rest: Rest };
}

export function defineScript<Args extends readonly (string | number)[], Rest extends boolean>(
  name: string,
  keys: readonly FixedKey[],
  lines: readonly string[],
  isTimed: boolean,
): Script<Args, Rest> {
  const lua = lines.join('\n');
  return { name, keys, lua, isTimed, sha: createHash('sha1').update(lua).digest('hex') };
}
