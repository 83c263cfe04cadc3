import type { QueueDump } from '../../support/dump-queue.js';

type Scores = [string, number][];

export function fieldsOf(dump: QueueDump, key: string): Record<string, string> {
  return (dump[key] ?? {}) as Record<string, string>;
}

export function scoresOf(dump: QueueDump, key: string): Scores {
  return (dump[key] ?? []) as Scores;
}

export function limitsOf(dump: QueueDump, id: string): string[] {
  return fieldsOf(dump, `job:${id}`).limits?.split(',') ?? [];
}

/** Jobs that may run at a time, of all. */
export function concurrencyOf(dump: QueueDump): number {
  return Number(fieldsOf(dump, 'meta').limits?.split(',')[0] || Infinity);
}

/** Active jobs that name a limit, by their own records. */
export function activeOf(dump: QueueDump, name: string): number {
  return scoresOf(dump, 'active').filter(([id]) => limitsOf(dump, id).includes(name)).length;
}

/** How many more jobs a limit lets start, counted by the jobs and not by what the limit says of them. */
export function roomIn(dump: QueueDump, name: string, now: number): number {
  const { running, concurrency, max, paused, awaited, count, until } = fieldsOf(dump, `limit:${name}`);
  if (running === undefined) return Infinity;
  if (paused || awaited) return 0;
  const places = concurrency === undefined ? Infinity : Number(concurrency) - activeOf(dump, name);
  const starts = max === undefined ? Infinity : Number(max) - (Number(until ?? 0) > now ? Number(count) : 0);
  return Math.min(places, starts);
}

/**
 * The jobs that a fetch should start, in their order: by priority; within a priority those that are parked by their turn, then those
 * that wait. Each starts where all its limits have room for it.
 */
export function expectedStarts(dump: QueueDump, want: number, now: number): string[] {
  const classOf = (score: number): number => Math.floor(score / 2 ** 32);
  const candidates = [
    ...scoresOf(dump, 'limited').map(([id, score], turn) => ({
      id,
      priority: classOf(score),
      kind: 0,
      turn,
    })),
    ...((dump.waiting ?? []) as string[]).map((id, turn) => ({ id, priority: 0, kind: 1, turn })),
    ...scoresOf(dump, 'prioritized').map(([id, score], turn) => ({
      ...{ id, priority: classOf(score), kind: 1, turn },
    })),
  ].toSorted((a, b) => a.priority - b.priority || a.kind - b.kind || a.turn - b.turn);
  const rooms = new Map<string, number>();
  const roomOf = (name: string): number => rooms.get(name) ?? roomIn(dump, name, now);
  const most = Math.min(want, concurrencyOf(dump) - scoresOf(dump, 'active').length);
  const starts: string[] = [];
  for (const { id } of fieldsOf(dump, 'meta').paused ? [] : candidates) {
    const names = limitsOf(dump, id);
    if (starts.length >= most) break;
    if (!names.every((name) => roomOf(name) > 0)) continue;
    for (const name of names) rooms.set(name, roomOf(name) - 1);
    starts.push(id);
  }
  return starts;
}
