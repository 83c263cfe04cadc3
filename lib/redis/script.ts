import { createHash } from 'node:crypto';
import { LIBRARY_NAME } from './library.generated.js';
import type { FixedKey } from './queue-keys.js';

/** A Lua command: its keys by name, its fixed arguments as a tuple, the list that follows them, where one does, and what it replies. */
export interface Script<
  Args extends readonly (string | number)[],
  Rest extends readonly string[] | undefined,
  Reply = unknown,
> {
  readonly name: string;
  readonly keys: readonly FixedKey[];
  readonly lua: string;
  readonly sha: string;
  /** Its name in the function library. */
  readonly fn: string | undefined;
  /** Whether its first argument is the time, 0 for that of Redis. */
  readonly isTimed: boolean;
  /** Whether a list follows: it goes behind its length, so that an argument too many or too few cannot shift it. */
  readonly takesRest: boolean;
  /** Types only; never set. */
  readonly signature?: { args: Args; rest: Rest; reply: Reply };
}

/** What a command replies. */
export type ReplyOf<S> = S extends Script<any, any, infer Reply> ? Reply : never;

export function defineScript<
  Args extends readonly (string | number)[],
  Rest extends readonly string[] | undefined,
  Reply = unknown,
>(
  name: string,
  keys: readonly FixedKey[],
  lines: readonly (string | readonly string[])[],
  isTimed: boolean,
  takesRest: boolean,
): Script<Args, Rest, Reply> {
  let lua: string | undefined;
  let sha: string | undefined;
  return {
    ...{ name, keys, isTimed, takesRest, fn: `${LIBRARY_NAME}_${name.replaceAll('-', '_')}` },
    // Who has functions needs neither.
    get lua() {
      return (lua ??= lines.flat().join('\n'));
    },
    get sha() {
      return (sha ??= createHash('sha1').update(this.lua).digest('hex'));
    },
  };
}
