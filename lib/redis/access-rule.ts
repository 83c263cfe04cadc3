import * as scripts from './scripts.generated.js';
import type { Script } from './script.js';

export interface AccessOptions {
  /** Start of all keys, as the `prefix` of queues and workers. */
  prefix: string;
  /** Names of the queues that the user may touch. Default: all of the prefix. */
  queues?: readonly string[];
  /** On a Redis Cluster. */
  isCluster?: boolean;
  /** For connections that have a `connectionName`. */
  isNamed?: boolean;
  /** For queues with `durability`. */
  waits?: boolean;
}

/** What the client itself sends, beside its scripts. `select` is sent for a `db`, `info` reads version and role. */
const SENT =
  'info ping select eval evalsha fcall function multi exec bzpopmin zadd pexpire xread xadd unlink xrange'.split(
    ' ',
  );

/** Words in capitals in scripts that are no commands but what commands take, or of errors. */
const OTHER_WORDS = new Set('COUNT LIMIT MAXLEN PX STREAM UNREADABLE USAGE WITHSCORES WRONGTYPE'.split(' '));

/** Commands of which no more than one subcommand is called. */
const SUBCOMMANDS: Readonly<Record<string, string>> = {
  function: 'load',
  memory: 'usage',
  xinfo: 'stream',
};

/** The commands that Stepwell calls, in small letters, as the scripts themselves have them. */
export function calledCommands(): readonly string[] {
  const called = new Set(SENT);
  for (const { lua } of Object.values(scripts) as Script<any, any>[]) {
    for (const [, word] of lua.matchAll(/'([A-Z]{2,})'/g)) {
      if (!OTHER_WORDS.has(word!)) called.add(word!.toLowerCase());
    }
  }
  return [...called].sort();
}

/**
 * What a user of Redis has to be granted, and no more than that: words for `ACL SETUSER` or a line of an ACL file, after
 * the user's name and password.
 */
export function accessRule({ prefix, queues, isCluster, isNamed, waits }: AccessOptions): readonly string[] {
  const keys = (queues ?? [undefined]).map((name) =>
    name === undefined ? `~${escaped(prefix)}:*` : `~${escaped(prefix)}:{${escaped(name)}}:*`,
  );
  const commands = calledCommands().map((name) =>
    SUBCOMMANDS[name] === undefined ? name : `${name}|${SUBCOMMANDS[name]}`,
  );
  if (isCluster) commands.push('cluster|slots', 'cluster|info');
  if (waits) commands.push('wait');
  if (isNamed) commands.push('client|setname');
  return ['resetkeys', ...keys, 'resetchannels', 'nocommands', ...commands.map((name) => `+${name}`)];
}

/** Names are no patterns. */
function escaped(name: string): string {
  return name.replace(/[\\*?[\]]/g, String.raw`\$&`);
}
