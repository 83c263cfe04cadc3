import type { RedisClient } from '../../lib/redis/client.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';

/** What the text of a job's record has, in its order. */
const RECORD = [
  'state',
  'token',
  'attemptsStarted',
  'attemptsMade',
  'processedOn',
  'processedBy',
  'finishedOn',
  'priority',
  'limits',
  'dedup',
  'parent',
  'result',
] as const;

/** A job's fields as one text, undefined where it has others besides. */
export function recordText(fields: Record<string, string | number>): string | undefined {
  const isText =
    Object.keys(fields).every((name) => (RECORD as readonly string[]).includes(name)) &&
    String(fields.parent ?? '\t').split('\t').length === 2;
  return isText
    ? RECORD.map((name) => fields[name] ?? (name === 'parent' ? '\t' : '')).join('\t')
    : undefined;
}

/** The fields of such a text, as HGETALL returns them; undefined for another text. */
export function recordFields(text: string): string[] | undefined {
  const [record = '', ...lines] = text.split('\n');
  const parts = record.split('\t');
  // A link to a parent has a tab of its own.
  const at = RECORD.indexOf('parent');
  if (parts.length < RECORD.length + 1) return undefined;
  const values = [...parts.slice(0, at), parts.slice(at, at + 2).join('\t'), parts.slice(at + 2).join('\t')];
  return [
    ...RECORD.flatMap((name, i) => (['', '\t'].includes(values[i]!) ? [] : [name, values[i]!])),
    ...lines.flatMap(stepFields),
    ...(lines.length > 0 ? ['step', cursorIn(lines.at(-1)!)] : []),
  ];
}

/** What the line of a step behind a record stands for. */
function stepFields(line: string, i: number): string[] {
  const [, name, times, value] = /^([^\t]*)\t(\d+(?:,\d+)?)(?:\t(.*))?$/.exec(line) ?? [];
  if (name === undefined || times === undefined) return [`unreadable:${i}`, line];
  const status = times.includes(',') ? 'c' : 'r';
  const entry = `${i + 1},${i + 1},${status},1,${times}${status === 'r' ? ',' : ''}`;
  return [`step:${name}`, entry, ...(value === undefined ? [] : [`value:${name}`, `v${value}`])];
}

function cursorIn(line: string): string {
  const [name = '', times = ''] = line.split('\t');
  return times.includes(',') ? `end:${name}` : name;
}

/** One key as Redis holds it, its name without what all keys of the queue begin with. */
export interface StoredKey {
  name: string;
  /** As TYPE says it; `hash` also for the record of a job that is a text, whose value is then what a hash would have. */
  type: string;
  /** Milliseconds until it expires, -1 when it stays. */
  ttlMs: number;
  value: unknown;
}

// One script, so that what it reads belongs together even while workers run. Looks through the whole database.
const READ_ALL = `
local read = {
  string = function(key) return redis.call('GET', key) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  hash = function(key) return redis.call('HGETALL', key) end,
  set = function(key) return redis.call('SMEMBERS', key) end,
  stream = function(key) return redis.call('XRANGE', key, '-', '+') end,
}
local found = {}
local keys = redis.call('KEYS', ARGV[1])
table.sort(keys)
for i, key in ipairs(keys) do
  local type = redis.call('TYPE', key).ok
  found[i] = { key, type, redis.call('PTTL', key), read[type](key) }
end
return found`;

/** Every key of a queue by name, known or not, apart from the nudges of readers: those come and go by themselves. */
export async function readQueueKeys(
  client: RedisClient,
  prefix: string,
  queue: string,
): Promise<StoredKey[]> {
  const keys = new QueueKeys(prefix, queue);
  const pattern = `${keys.base.replace(/[[\]*?\\]/g, '\\$&')}*`;
  const found = (await client.eval(READ_ALL, 1, keys.of('meta'), pattern)) as [
    string,
    string,
    number,
    unknown,
  ][];
  return found
    .map(([key, type, ttlMs, value]) => asHash({ name: key.slice(keys.base.length), type, ttlMs, value }))
    .filter(({ name, ttlMs }) => !(name.startsWith('nudge:') && ttlMs >= 0));
}

function asHash(key: StoredKey): StoredKey {
  const fields =
    key.type === 'string' && key.name.startsWith('job:') ? recordFields(key.value as string) : undefined;
  return fields ? { ...key, type: 'hash', value: fields } : key;
}
