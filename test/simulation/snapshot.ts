import { LISTED_STATES, type ListedState } from '../../lib/job/job-state.js';
import type { JobFields } from '../../lib/job/job-record.js';
import { defineScript } from '../../lib/redis/script.js';
import type { ScriptRunner } from '../../lib/redis/script-runner.js';
import { asFields } from './call.js';
import { Violation } from './violation.js';

/** What Redis holds of a job, as far as it holds anything. */
export interface StoredJob {
  body: string | undefined;
  fields: JobFields;
  logs: string[];
}

/** Everything that a queue holds. */
export interface Snapshot {
  meta: Record<string, string>;
  /** In the order of the list or set, with scores (positions in the plain list). */
  places: Record<ListedState, Map<string, number>>;
  wake: boolean;
  jobs: Map<string, StoredJob>;
  /** All of the above as text, to compare two snapshots. */
  text: string;
  /** The newest event. */
  event: string;
  /** The last call of each writer. */
  calls: string;
}

// One reading script instead of the general dump: it is run after every step, and must not search for keys.
const READ = defineScript<[ids: number], true>(
  'read-simulated-queue',
  ['meta', ...LISTED_STATES, 'events', 'wake', 'limiter'],
  [
    'local prefix = string.sub(KEYS[1], 1, -5)',
    "local function set(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end",
    "local found = { redis.call('HGETALL', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1) }",
    'for i = 3, 8 do found[i] = set(KEYS[i]) end',
    "found[9] = redis.call('XREVRANGE', KEYS[9], '+', '-', 'COUNT', 1)",
    "found[10] = redis.call('ZCARD', KEYS[10])",
    "found[11] = redis.call('HGETALL', KEYS[11])",
    'for i = 2, 1 + ARGV[1] do',
    "  found[#found + 1] = redis.call('GET', prefix .. 'body:' .. ARGV[i])",
    "  found[#found + 1] = redis.call('HGETALL', prefix .. 'job:' .. ARGV[i])",
    "  found[#found + 1] = redis.call('LRANGE', prefix .. 'logs:' .. ARGV[i], 0, -1)",
    'end',
    'for i = 2 + ARGV[1], #ARGV do',
    "  found[#found + 1] = redis.call('GET', prefix .. 'writer:' .. ARGV[i])",
    'end',
    'return found',
  ],
);

const FIXED = 11;

/** @param ids all jobs that there may be, or were: what is left of a removed one shows too */
export async function takeSnapshot(
  runner: ScriptRunner,
  ids: readonly string[],
  writers: readonly string[],
): Promise<Snapshot> {
  const found = (await runner.run(READ, [ids.length], [...ids, ...writers])) as unknown[];
  const places = Object.fromEntries(
    LISTED_STATES.map((state, i) => [state, readPlaces(found[i + 1] as string[], state === 'waiting')]),
  ) as Snapshot['places'];
  const jobs = new Map<string, StoredJob>();
  for (const [i, id] of ids.entries()) {
    const [body, fields, logs] = found.slice(FIXED + i * 3) as [string | null, string[], string[]];
    if (body !== null || fields.length > 0 || logs.length > 0) {
      jobs.set(id, { body: body ?? undefined, fields: asFields(fields), logs });
    }
  }
  const event = JSON.stringify(found.splice(8, 1));
  const read = FIXED - 1 + ids.length * 3;
  return {
    meta: asFields(found[0] as string[]) as Record<string, string>,
    places,
    wake: found[8] === 1,
    jobs,
    text: JSON.stringify(found.slice(0, read)),
    event,
    calls: JSON.stringify(found.slice(read)),
  };
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
