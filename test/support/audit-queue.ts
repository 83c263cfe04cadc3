import { LISTED_STATES, type ListedState } from '../../lib/job/job-state.js';
import type { RedisClient } from '../../lib/redis/client.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { countJobs } from '../../lib/redis/scripts.generated.js';
import { auditChildren } from './audit-children.js';
import { auditDedup } from './audit-dedup.js';
import { auditEvents } from './audit-events.js';
import { auditGroups } from './audit-groups.js';
import { auditJob, type AuditedJob } from './audit-job.js';
import { auditLimits } from './audit-limits.js';
import { auditOutbox } from './audit-outbox.js';
import { auditSchedules } from './audit-schedules.js';
import { dumpValue } from './dump-queue.js';
import { readQueueKeys, type StoredKey } from './read-queue-keys.js';

export interface AuditOptions {
  /** No time that a job holds may be later. */
  now?: number;
  /** Workers run meanwhile: what takes two calls to compare is left out. */
  running?: boolean;
}

const TYPES: Record<string, string> = {
  meta: 'hash',
  waiting: 'list',
  prioritized: 'zset',
  delayed: 'zset',
  active: 'zset',
  completed: 'zset',
  failed: 'zset',
  events: 'stream',
  wake: 'zset',
  limiter: 'hash',
  'waiting-children': 'zset',
  outbox: 'hash',
  fences: 'hash',
  inbox: 'hash',
  staging: 'zset',
  unreadable: 'list',
  limits: 'zset',
  limited: 'zset',
  holders: 'hash',
  notices: 'stream',
  'limit:': 'hash',
  'lent:': 'hash',
  'parked:': 'zset',
  metrics: 'hash',
  'completed-points': 'list',
  'failed-points': 'list',
  present: 'zset',
  'body:': 'string',
  'job:': 'hash',
  'logs:': 'list',
  'children:': 'hash',
  'staged:': 'list',
  'posted:': 'list',
  'writer:': 'string',
  'dedup:': 'hash',
  'scheduler:': 'hash',
  'schedulers:': 'zset',
  'groups:': 'zset',
  'groups:holders': 'hash',
  'group:': 'string',
  'grouped:': 'zset',
};

const EXPIRING = new Set(['limiter', 'writer:', 'present', 'notices', 'lent:']);
const MAY_EXPIRE = new Set(['dedup:', 'inbox', 'events', 'group:']);
const META_FIELDS = new Set([
  'id',
  'seq',
  'paused',
  'maxEvents',
  'closedUntil',
  'eventNumber',
  'sent',
  'outbox',
  'heard',
  'silentFrom',
  'graceUntil',
  'era',
  'base',
  'lookedAfter',
  'limits',
  'metrics',
  'groups',
  'turn',
  'extras',
]);

/** Scores of jobs with a priority are not below. */
const FIRST_CLASS = 2 ** 32;

/** What is wrong with a queue as it is stored; empty when every invariant holds. */
export async function auditQueue(
  client: RedisClient,
  prefix: string,
  queue: string,
  { now = Infinity, running = false }: AuditOptions = {},
): Promise<string[]> {
  const stored = await readQueueKeys(client, prefix, queue);
  const wrong = auditKeys(stored);
  if (wrong.length > 0) {
    return wrong.sort();
  }
  const values = new Map(stored.map((key) => [key.name, dumpValue(key)] as const));
  const meta = (values.get('meta') ?? {}) as Record<string, string>;
  const jobs = gatherJobs(values);
  wrong.push(...auditMeta(meta, jobs), ...auditOrder(values, Number(meta.seq ?? 0)));
  wrong.push(...auditDedup(stored, values), ...auditEvents(stored, Number(meta.eventNumber ?? 0)));
  wrong.push(...auditChildren(values), ...auditOutbox(values), ...auditSchedules(values));
  wrong.push(...auditLimits(values, jobs), ...auditGroups(values, jobs));
  const hasExtras = [...values.keys()].some((name) => /^(?:logs|children):/.test(name));
  if (hasExtras && meta.extras === undefined) wrong.push('meta does not say that jobs have further keys');
  for (const job of jobs.values()) {
    wrong.push(...auditJob(job, now).map((fault) => `job ${job.id} ${fault}`));
  }
  if (!running) {
    wrong.push(...(await auditCounts(new ScriptRunner(client, new QueueKeys(prefix, queue)), values, meta)));
  }
  return wrong.sort();
}

function auditKeys(stored: readonly StoredKey[]): string[] {
  return stored.flatMap(({ name, type, ttlMs }) => {
    const kind = name.includes(':') ? name.slice(0, name.indexOf(':') + 1) : name;
    const expected = TYPES[name] ?? TYPES[kind];
    if (expected === undefined) return [`unknown key ${name}`];
    if (expected !== type) return [`key ${name} is a ${type}`];
    if (!MAY_EXPIRE.has(kind) && EXPIRING.has(kind) !== ttlMs >= 0)
      return [`key ${name} ${ttlMs >= 0 ? 'expires' : 'never expires'}`];
    return [];
  });
}

function gatherJobs(values: Map<string, unknown>): Map<string, AuditedJob> {
  const jobs = new Map<string, AuditedJob>();
  const job = (id: string): AuditedJob => {
    const known = jobs.get(id) ?? { id, places: [], hasLogs: false };
    jobs.set(id, known);
    return known;
  };
  for (const [name, value] of values) {
    const id = name.slice(name.indexOf(':') + 1);
    if (name.startsWith('body:')) job(id).body = value as string;
    if (name.startsWith('job:')) job(id).fields = value as Record<string, string>;
    if (name.startsWith('logs:')) job(id).hasLogs = true;
  }
  for (const state of LISTED_STATES) {
    for (const entry of (values.get(state) ?? []) as (string | [string, number])[]) {
      const [id, score] = typeof entry === 'string' ? [entry, 0] : entry;
      job(id).places.push({ state, score });
    }
  }
  for (const [name, value] of values) {
    if (name.startsWith('grouped:')) {
      for (const [id, score] of value as [string, number][]) job(id).places.push({ state: 'waiting', score });
    }
  }
  for (const [id, score] of (values.get('limited') ?? []) as [string, number][]) {
    job(id).places.push({ state: score < FIRST_CLASS ? 'waiting' : 'prioritized', score });
  }
  return jobs;
}

function auditMeta(meta: Record<string, string>, jobs: Map<string, AuditedJob>): string[] {
  const wrong = Object.keys(meta)
    .filter((field) => !META_FIELDS.has(field))
    .map((field) => `unknown field ${field} in meta`);
  for (const id of jobs.keys()) {
    if (/^[1-9]\d*$/.test(id) && Number(id) > Number(meta.id ?? 0)) {
      wrong.push(`number ${id} will be given again`);
    }
  }
  return wrong;
}

function auditOrder(values: Map<string, unknown>, seq: number): string[] {
  const wrong: string[] = [];
  for (const state of ['completed', 'failed', 'waiting-children'] as const) {
    const scores = ((values.get(state) ?? []) as [string, number][]).map(([, score]) => score);
    if (scores.some((score) => !Number.isInteger(score) || score < 1 || score > seq)) {
      wrong.push(`${state} has a place beyond the last one given`);
    }
    if (new Set(scores).size !== scores.length) wrong.push(`${state} has two jobs at one place`);
  }
  const markers = (values.get('wake') ?? []) as [string, number][];
  if (markers.some(([marker]) => marker !== '1')) wrong.push('wake has more than the marker');
  return wrong;
}

async function auditCounts(
  scripts: ScriptRunner,
  values: Map<string, unknown>,
  meta: Record<string, string>,
): Promise<string[]> {
  const limited = (values.get('limited') ?? []) as [string, number][];
  const isIn: Partial<Record<ListedState, (score: number) => boolean>> = {
    waiting: (score) => score < FIRST_CLASS,
    prioritized: (score) => score >= FIRST_CLASS,
  };
  const grouped = [...values].flatMap(([name, value]) =>
    name.startsWith('grouped:') ? (value as unknown[]) : [],
  );
  const size = (state: ListedState): number =>
    (state === 'waiting' ? grouped.length : 0) +
    ((values.get(state) ?? []) as unknown[]).length +
    limited.filter(([, score]) => isIn[state]?.(score) ?? false).length;
  const sizes = [...LISTED_STATES.map(size), meta.paused === undefined ? 0 : 1];
  const counts = await scripts.run(countJobs, []);
  return String(counts) === String(sizes)
    ? []
    : [`count-jobs answers ${String(counts)} for ${String(sizes)}`];
}
