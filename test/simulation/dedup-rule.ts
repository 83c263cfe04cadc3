import type { Random } from './random.js';

/** How a job asks to be deduplicated, as scripts read it from what it asks for. */
export interface DedupRule {
  id: string;
  /** Milliseconds, 0 for none. */
  ttl: number;
  extend: boolean;
  replace: boolean;
  keepLast: boolean;
}

/** How the jobs of an id mostly ask: letters of the flags, and a `t` where there is a ttl. */
const MODE_OF: Record<string, string> = { p: 'k', q: 'ter', 'r,é': 'te', s: '' };

/** Few, so that jobs meet; one has a comma, as the parts of a spec are parted by. */
export const DEDUP_IDS = Object.keys(MODE_OF);

const CUSTOM_IDS = ['a', 'b', 'c', 'd', 'mine'];
/** Every other job is of the id that everybody is busy with just now. */
const BUSY_MS = 100_000;

const TTLS = [300, 5000, 90_000, 300_000, 300_000];

const MODES = ['', 't', 'te', 'ter', 'tr', 'tr', 'r', 'k', 'k', 'tk', 'rk', 'e', 'tek', 'terk'];

/** A deduplicated job as scripts take it: id, spec, body. Each has data of its own, so that the newest can be told. */
export function newDeduplicated(
  random: Random,
  now: number,
  wanted?: string,
): [id: string, spec: string, body: string] {
  const busy = DEDUP_IDS[Math.floor(now / BUSY_MS) % DEDUP_IDS.length] as string;
  const dedup = wanted ?? (random.chance(0.5) ? busy : random.pick(DEDUP_IDS));
  // Half of the jobs of an id agree on a mode, as those of one program do; the others are added by somebody else.
  const mode = random.chance(0.5) ? (MODE_OF[dedup] as string) : random.pick(MODES);
  const ttl = mode.includes('t') ? random.pick(TTLS) : 0;
  const delayed = random.chance(mode.includes('r') ? 0.6 : 0.5);
  const delay = delayed ? String(mode === 'ter' ? ttl : random.pick([1, 500, 9000, 30_000])) : '';
  const priority = random.chance(0.2) ? String(random.int(0, 3)) : '';
  const front = random.chance(0.1) ? '1' : '';
  const flags = mode.replace('t', '');
  const spec = `${delay},${priority},${front},,${ttl === 0 ? '' : ttl},${flags},${dedup}`;
  const id = random.chance(0.6) ? random.pick(CUSTOM_IDS) : '';
  return [id, spec, `work\n${optionsOf(readRule(spec) as DedupRule)}\n${random.int(1, 1e9)}`];
}

export function readRule(spec: string): DedupRule | undefined {
  const [, , , , ttl, flags, ...id] = spec.split(',');
  if (flags === undefined) return undefined;
  const [extend, replace, keepLast] = ['e', 'r', 'k'].map((flag) => flags.includes(flag)) as [
    boolean,
    boolean,
    boolean,
  ];
  return { id: id.join(','), ttl: Number(ttl), extend, replace, keepLast };
}

function optionsOf({ id, ttl, extend, replace, keepLast }: DedupRule): string {
  return JSON.stringify({
    deduplication: { id, ...(ttl > 0 && { ttl }), extend, replace, keepLastIfActive: keepLast },
  });
}
