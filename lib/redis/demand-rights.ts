import { MissingRightsError } from '../job/errors.js';
import { isCluster, type RedisClient } from './client.js';
import type { QueueKeys } from './queue-keys.js';

const KEY = '<key>';
const FIRST_KEY = [KEY, '0', '0'];
const ONLY_KEYS = [KEY];

/** Commands with arguments in which Redis finds the key. */
const CALLS: Record<string, readonly string[]> = {
  ...Object.fromEntries(['eval', 'evalsha'].map((name) => [name, ['return 0', '1', KEY]])),
  ...Object.fromEntries(['multi', 'exec', 'time'].map((name) => [name, []])),
  ...Object.fromEntries(['del', 'exists', 'mget', 'type', 'unlink'].map((name) => [name, ONLY_KEYS])),
  ...Object.fromEntries(
    (
      'get getrange hdel hexists hget hgetall hincrby hkeys hlen hmget hscan hset hsetnx lindex llen lpop lpos lpush lrange ' +
      'lrem lset ltrim persist pexpire rpush set xadd xlen xrange xtrim zadd zcard zcount zpopmin zrange ' +
      'zrangebyscore zrem zremrangebyrank zrevrange zscore'
    )
      .split(' ')
      .map((name) => [name, FIRST_KEY]),
  ),
  mset: [KEY, '0'],
  bzpopmin: [KEY, '0'],
  xread: ['STREAMS', KEY, '0'],
  'xinfo|stream': ['STREAM', KEY],
};

/** What a user needs; see docs/guides/redis.md. */
export const DEMANDED_COMMANDS = Object.keys(CALLS);

/** Servers before 7.0 do not say. Each call is a count of words, and the words. */
const ASK = `
local refused = {}
local at = 1
while redis.acl_check_cmd and at <= #ARGV do
  local count = tonumber(ARGV[at])
  if not redis.acl_check_cmd(unpack(ARGV, at + 1, at + count)) then
    refused[#refused + 1] = at
  end
  at = at + count + 1
end
return refused
`;

/** Throws a `MissingRightsError` unless the user of this client may run all commands on keys of the queue. */
export async function demandRights(client: RedisClient, keys: QueueKeys): Promise<void> {
  const key = keys.of('meta');
  const places = new Map<number, string>();
  const words: string[] = [];
  for (const [name, args] of Object.entries(CALLS)) {
    places.set(words.length + 1, name);
    const call = [name.split('|')[0]!, ...args.map((arg) => (arg === KEY ? key : arg))];
    words.push(String(call.length), ...call);
  }
  const refused = await ask(client, key, words);
  const missing = refused === undefined ? ['eval'] : refused.map((place) => places.get(place) ?? '?');
  if (missing.length === 0) {
    return;
  }
  const user = (isCluster(client) ? undefined : client.options.username) ?? 'default';
  const rights = missing.map((name) => `+${name}`).join(' ');
  const pattern = `${keys.prefix}:{${keys.queueName}}:*`;
  const rule = `ACL SETUSER ${user} ~${keys.prefix}:* ${rights}`;
  throw new MissingRightsError(user, missing, pattern, rule);
}

/** The places of calls that are refused; undefined where the user may send no script to find that out with. */
async function ask(client: RedisClient, key: string, words: string[]): Promise<number[] | undefined> {
  try {
    return (await client.eval(ASK, 1, key, ...words)) as number[];
  } catch (error) {
    if (isRefusal(error)) {
      return askLoaded(client, key, words);
    }
    throw error;
  }
}

/** As a user who may not send the text of a script with a call, but load it before. `eval` is not missing then. */
async function askLoaded(client: RedisClient, key: string, words: string[]): Promise<number[] | undefined> {
  const servers = isCluster(client) ? client.nodes('master') : [client];
  try {
    const [sha] = (await Promise.all(servers.map((server) => server.script('LOAD', ASK)))) as string[];
    const refused = (await client.evalsha(sha!, 1, key, ...words)) as number[];
    return refused.filter((place) => words[place] !== 'eval');
  } catch (error) {
    if (isRefusal(error)) {
      return undefined;
    }
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.includes('NOPERM');
}
