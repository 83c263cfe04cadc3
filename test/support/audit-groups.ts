import type { AuditedJob } from './audit-job.js';
import type { DumpedValue } from './dump-queue.js';

type Fields = Record<string, string>;
type Scores = [string, number][];

const PARTS = [
  ...['running', 'weight', 'concurrency', 'max', 'duration', 'paused', 'count', 'ends', 'length'],
  ...['closed', 'closedFor'],
] as const;
const CLASS_SPAN = 2 ** 32;

/** A group's record, its numbers by name; undefined for a text that is none. */
export function readGroupRecord(text: string): Partial<Record<(typeof PARTS)[number], number>> | undefined {
  if (!/^(\d*,){10}\d*$/.test(text)) return undefined;
  const numbers = text.split(',').map((part, i) => [PARTS[i], part] as const);
  return Object.fromEntries(
    numbers.filter(([, part]) => part !== '').map(([name, part]) => [name, Number(part)]),
  );
}

/** What is wrong with what a queue holds about groups. */
export function auditGroups(values: Map<string, DumpedValue>, jobs: Map<string, AuditedJob>): string[] {
  const wrong: string[] = [];
  const set = (name: string): Map<string, number> => new Map((values.get(`groups:${name}`) ?? []) as Scores);
  const sets = {
    waiting: set('waiting'),
    limited: set('limited'),
    maxed: set('maxed'),
    paused: set('paused'),
  };
  const holders = Object.entries((values.get('groups:holders') ?? {}) as Fields);
  const active = new Set(((values.get('active') ?? []) as Scores).map(([id]) => id));
  const kept = set('kept');
  const ids = new Set([...Object.values(sets).flatMap((each) => [...each.keys()]), ...kept.keys()]);
  for (const [, group] of holders) ids.add(group);
  for (const key of values.keys()) {
    const id = /^group(?:ed)?:(.+)$/s.exec(key)?.[1];
    if (id !== undefined) ids.add(id);
  }
  for (const [id] of holders) {
    if (!active.has(id)) wrong.push(`job ${id} holds a place in a group and is not active`);
  }
  let waiting = 0;
  for (const id of ids) {
    const members = (values.get(`grouped:${id}`) ?? []) as Scores;
    waiting += members.length;
    wrong.push(...members.flatMap((member) => auditMember(id, member, jobs)));
    const text = values.get(`group:${id}`);
    const record = text === undefined ? {} : readGroupRecord(text as string);
    if (!record) {
      wrong.push(`the record of group ${id} cannot be read`);
      continue;
    }
    const isIn = Object.entries(sets).flatMap(([name, each]) => (each.has(id) ? [name] : []));
    const expected = members.length > 0 || record.paused ? 1 : 0;
    if (isIn.length !== expected)
      wrong.push(`group ${id} with ${members.length} jobs is in ${isIn.join(' and ')}`);
    if (sets.paused.has(id) !== (record.paused === 1)) wrong.push(`group ${id} is in paused alone, or not`);
    if (sets.paused.has(id) && sets.paused.get(id) !== Math.min(members.length, 1)) {
      wrong.push(`group ${id} is paused with a score of ${sets.paused.get(id)}`);
    }
    const running = holders.filter(([, group]) => group === id).length;
    if ((record.running ?? 0) !== running) {
      wrong.push(`group ${id} counts ${record.running ?? 0} running, ${running} hold a place`);
    }
    if (sets.maxed.has(id) && running === 0) wrong.push(`group ${id} is maxed and runs nothing`);
    if (kept.has(id) !== (record.concurrency !== undefined || record.max !== undefined)) {
      wrong.push(`group ${id} is kept for nothing, or not kept`);
    }
    const { weight, ...more } = record;
    if (text !== undefined && Object.keys(more).length === 0 && !(weight && members.length > 0)) {
      wrong.push(`group ${id} has a record that says nothing`);
    }
  }
  const meta = (values.get('meta') ?? {}) as Fields;
  const parked = ((values.get('limited') ?? []) as Scores).filter(([id]) =>
    jobs.get(id)?.fields?.priority?.includes('@'),
  );
  if (meta.groups === undefined && waiting + holders.length + parked.length > 0) {
    wrong.push('meta says nothing of groups');
  } else if (Number(meta.groups ?? 0) !== waiting) {
    wrong.push(`meta counts ${meta.groups} jobs in groups, ${waiting} wait there`);
  }
  wrong.push(...auditSidelined(values, parked, jobs));
  return wrong;
}

/** Jobs of groups that wait for a limit are known to their groups, and no others. */
function auditSidelined(
  values: Map<string, DumpedValue>,
  parked: Scores,
  jobs: Map<string, AuditedJob>,
): string[] {
  const known = [...values].flatMap(([key, value]) =>
    key.startsWith('sidelined:')
      ? (value as Scores).map(([id, score]) => `${id} of ${key.slice('sidelined:'.length)} at ${score}`)
      : [],
  );
  const expected = parked.map(([id, score]) => {
    const priority = jobs.get(id)!.fields!.priority!;
    return `${id} of ${priority.slice(priority.indexOf('@') + 1)} at ${score}`;
  });
  const differ = [
    ...known.filter((each) => !expected.includes(each)),
    ...expected.filter((each) => !known.includes(each)),
  ];
  return differ.map((each) => `job ${each} is sidelined alone, or not`);
}

function auditMember(group: string, [id, score]: [string, number], jobs: Map<string, AuditedJob>): string[] {
  const { priority } = jobs.get(id)?.fields ?? {};
  const [, named, of] = /^(\d+),\d*@(.+)$/s.exec(priority ?? '') ?? [];
  if (of !== group) return [`job ${id} waits in group ${group} and says ${priority}`];
  return Math.floor(score / CLASS_SPAN) === Number(named)
    ? []
    : [
        `job ${id} has priority ${named} and waits in class ${Math.floor(score / CLASS_SPAN)} of group ${group}`,
      ];
}
