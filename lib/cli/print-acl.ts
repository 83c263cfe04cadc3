import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { accessRule } from '../redis/access-rule.js';

export const ACL_USAGE = `       stepwell acl --prefix <prefix> [--user <name>] [--queue <name>]... [--cluster] [--connection-name] [--durability] [--password-from <VARIABLE>]

Prints the line of an ACL file for a user of Redis who may do what Stepwell does and no more, with the queues of a prefix, or
with those that are named. The password is that of an environment variable, and its hash is printed; without one, nobody can log in
until you give the user a password.
`;

/** The line of an ACL file that `stepwell acl` prints. */
export function aclLine(args: string[], environment: NodeJS.ProcessEnv = process.env): string {
  const { values } = parseArgs({
    args,
    options: {
      prefix: { type: 'string' },
      user: { type: 'string' },
      queue: { type: 'string', multiple: true },
      cluster: { type: 'boolean', default: false },
      'connection-name': { type: 'boolean', default: false },
      durability: { type: 'boolean', default: false },
      'password-from': { type: 'string' },
    },
  });
  const { prefix, queue: queues } = values;
  if (!prefix) throw new Error('--prefix is missing: the start of all keys, as queues and workers have it.');
  const user = values.user ?? prefix;
  for (const [flag, value] of [
    ['--prefix', prefix],
    ['--user', user],
    ...(queues ?? []).map((name) => ['--queue', name]),
  ]) {
    if (/\s/.test(value!)) throw new Error(`${flag} cannot have a space: an ACL file has words.`);
  }
  const rule = accessRule({
    prefix,
    ...(queues === undefined ? {} : { queues }),
    isCluster: values.cluster,
    isNamed: values['connection-name'],
    waits: values.durability,
  });
  return ['user', user, 'on', 'resetpass', ...passwordIn(values['password-from'], environment), ...rule].join(
    ' ',
  );
}

/** In an ACL file stands the hash: the password itself would be in a shell's history and in backups. */
function passwordIn(variable: string | undefined, environment: NodeJS.ProcessEnv): string[] {
  if (variable === undefined) return [];
  const password = environment[variable];
  if (!password) throw new Error(`--password-from names ${variable}, which is not set.`);
  return [`#${createHash('sha256').update(password).digest('hex')}`];
}
