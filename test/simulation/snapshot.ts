import { LISTED_STATES, type ListedState } from '../../lib/job/job-state.js';
import type { JobFields } from '../../lib/job/job-record.js';
import { defineScript, type Script } from '../../lib/redis/script.js';
import type { ScriptRunner } from '../../lib/redis/script-runner.js';
import { asFields } from './call.js';
import { Violation } from './violation.js';
import { recordFields } from '../support/read-queue-keys.js';

/** What Redis holds of a job, as far as it holds anything. */
export interface StoredJob {
  body: string | undefined;
  fields: JobFields;
  logs: string[];
}

/** What Redis holds of a deduplication. */
export interface StoredDedup {
  fields: Record<string, string>;
  /** Milliseconds until the key expires by Redis' own clock, -1 when it stays. */
  ttlMs: number;
}

/** Everything that a queue holds. */
export interface Snapshot {
  meta: Record<string, string>;
  /** In the order of the list or set, with scores (positions in the plain list). */
  places: Record<ListedState, Map<string, number>>;
  wake: boolean;
  jobs: Map<string, StoredJob>;
  /** By the ids of deduplications. */
  dedups: Map<string, StoredDedup>;
  /** All of the above but times to live as text, to compare two snapshots. */
  text: string;
  /** The newest event. */
  event: string;
  /** The last call of each writer. */
  calls: string;
}

// One reading script instead of the general dump: it is run after every step, and must not search for keys.
const READ_KEYS = ['meta', ...LISTED_STATES, 'events', 'wake', 'limiter'] as const;
const READ: Script<readonly (string | number)[], undefined> = {
  ...defineScript(
    'read-simulated-queue',
    READ_KEYS,
    [
      'local prefix = string.sub(KEYS[1], 1, -5)',
      `local KEYS = { ${READ_KEYS.map((key) => `prefix .. '${key}'`).join(', ')} }`,
      "local function set(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end",
      "local found = { redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1) }",
      'for i = 3, 8 do found[i] = set(KEYS[i]) end',
      "found[9] = redis.call('XREVRANGE', KEYS[9], '+', '-', 'COUNT', 1)",
      "found[10] = redis.call('ZCARD', KEYS[10])",
      "found[11] = redis.call('HGETALL', KEYS[11])",
      'local first = 3 + ARGV[1]',
      'for i = 3, first - 1 do',
      "  found[#found + 1] = redis.call('GET', prefix .. 'body:' .. ARGV[i])",
      "  local text = redis.call('MGET', prefix .. 'job:' .. ARGV[i])[1]",
      "  found[#found + 1] = text or redis.call('HGETALL', prefix .. 'job:' .. ARGV[i])",
      "  found[#found + 1] = redis.call('LRANGE', prefix .. 'logs:' .. ARGV[i], 0, -1)",
      'end',
      'local ttls = {}',
      'for i = first, first + ARGV[2] - 1 do',
      "  found[#found + 1] = redis.call('HGETALL', prefix .. 'dedup:' .. ARGV[i])",
      "  ttls[#ttls + 1] = redis.call('PTTL', prefix .. 'dedup:' .. ARGV[i])",
      'end',
      'for i = first + ARGV[2], #ARGV do',
      "  found[#found + 1] = redis.call('GET', prefix .. 'writer:' .. ARGV[i])",
      'end',
      'found[#found + 1] = ttls',
      'return found',
    ],
    false,
    false,
  ),
  fn: undefined,
};

const FIXED = 11;

/** @param ids all jobs that there may be, or were: what is left of a removed one shows too */
export async function takeSnapshot(
  runner: ScriptRunner,
  ids: readonly string[],
  dedupIds: readonly string[],
  writers: readonly string[],
): Promise<Snapshot> {
  const found = (await runner.run(READ, [
    ids.length,
    dedupIds.length,
    ...ids,
    ...dedupIds,
    ...writers,
  ])) as unknown[];
  const places = Object.fromEntries(
    LISTED_STATES.map((state, i) => [state, readPlaces(found[i + 1] as string[], state === 'waiting')]),
  ) as Snapshot['places'];
  const jobs = new Map<string, StoredJob>();
  for (const [i, id] of ids.entries()) {
    const [body, record, logs] = found.slice(FIXED + i * 3, FIXED + i * 3 + 3) as [
      string | null,
      string | string[],
      string[],
    ];
    const fields = typeof record === 'string' ? (recordFields(record) ?? []) : record;
    if (body !== null || fields.length > 0 || logs.length > 0) {
      jobs.set(id, { body: body ?? undefined, fields: asFields(fields), logs });
    }
  }
  const ttls = found.pop() as number[];
  const dedups = readDedups(dedupIds, found.slice(FIXED + ids.length * 3) as string[][], ttls);
  const event = JSON.stringify(found.splice(8, 1));
  const read = FIXED - 1 + ids.length * 3 + dedupIds.length;
  return {
    meta: asFields(found[0] as string[]) as Record<string, string>,
    places,
    wake: found[8] === 1,
    jobs,
    dedups,
    text: JSON.stringify(found.slice(0, read)),
    event,
    calls: JSON.stringify(found.slice(read)),
  };
}

function readDedups(
  ids: readonly string[],
  flat: readonly string[][],
  ttls: readonly number[],
): Snapshot['dedups'] {
  const dedups: Snapshot['dedups'] = new Map();
  for (const [i, id] of ids.entries()) {
    const fields = asFields(flat[i] ?? []) as Record<string, string>;
    if (Object.keys(fields).length > 0) dedups.set(id, { fields, ttlMs: ttls[i] as number });
  }
  return dedups;
}

function readPlaces(flat: string[], plain: boolean): Map<string, number> {
  if (plain) {
    if (new Set(flat).size < flat.length)
      throw new Violation(`the plain list has a job twice: ${flat.join(' ')}`);
    return new Map(flat.map((id, i) => [id, i]));
  }
  const ids = flat.filter((_, i) => i % 2 === 0);
  return new Map(ids.map((id, i) => [id, Number(flat[i * 2 + 1])]));
}
