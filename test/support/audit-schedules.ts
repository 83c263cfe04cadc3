type Fields = Record<string, string>;

const RECORD = 'scheduler:';
const KNOWN = new Set(
  (
    'given head data spec grid missed most overlap spread jitter made count slot job slots revision every complete ends limit ' +
    'origin last paused replaced'
  ).split(' '),
);

/** What is wrong with the schedulers of a queue. `values` are those of its keys, by name. */
export function auditSchedules(values: Map<string, unknown>): string[] {
  const next = new Map((values.get('schedulers:next') ?? []) as [string, number][]);
  const unplanned = new Map((values.get('schedulers:unplanned') ?? []) as [string, number][]);
  const code = new Map((values.get('schedulers:code') ?? []) as [string, number][]);
  const wrong: string[] = [];
  const ids = new Set<string>();
  for (const [name, value] of values) {
    if (name.startsWith(RECORD)) {
      const id = name.slice(RECORD.length);
      ids.add(id);
      const faults = auditScheduler(id, value as Fields, values, next.get(id), unplanned.has(id));
      wrong.push(...faults.map((fault) => `scheduler ${id} ${fault}`));
      if (code.has(id) !== ((value as Fields).origin !== undefined))
        wrong.push(`scheduler ${id} is lost to its code`);
    }
  }
  for (const id of [...next.keys(), ...unplanned.keys(), ...code.keys()]) {
    if (!ids.has(id)) wrong.push(`scheduler ${id} is listed but not there`);
  }
  return wrong;
}

function auditScheduler(
  id: string,
  fields: Fields,
  values: Map<string, unknown>,
  score: number | undefined,
  isUnplanned: boolean,
): string[] {
  const wrong = Object.keys(fields)
    .filter((field) => !KNOWN.has(field))
    .map((field) => `has an unknown field ${field}`);
  const { job = '', slot, paused } = fields;
  if (score === undefined) wrong.push('is not listed');
  if (job !== '') {
    if (paused) wrong.push('is paused and has a job to come');
    if (isUnplanned) wrong.push('has a job to come and waits to be planned');
    if (job !== `repeat:${id}:${slot}`) wrong.push(`is at slot ${slot} with job ${job}`);
    if (score !== Number(slot)) wrong.push(`is at slot ${slot} and listed at ${score}`);
    const stored = values.get(`job:${job}`) as Fields | undefined;
    if (!values.has(`body:${job}`) || stored?.scheduler !== id) wrong.push(`has lost its job ${job}`);
    if (!['delayed', 'waiting', 'prioritized'].includes(stored?.state ?? 'none'))
      wrong.push(`has a job to come that is ${stored?.state}`);
  } else if (!paused && !isUnplanned && !isOver(fields)) {
    wrong.push('has stopped');
  }
  const slots = (fields.slots ?? '').split(',').filter(Boolean).map(Number);
  if (slots.some((value, i) => !(value > (slots[i - 1] ?? 0))))
    wrong.push(`has slots out of order: ${slots.join()}`);
  return wrong;
}

function isOver({ limit, made, ends, slots, complete }: Fields): boolean {
  if (limit !== undefined && Number(made) >= Number(limit)) return true;
  // Slots that have passed may be left out, so that its last one may be long before its end.
  if (ends !== undefined) return true;
  return complete === '1' && slots === '';
}
