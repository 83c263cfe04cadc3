import type { JobFields } from '../../lib/job/job-record.js';

interface Entry {
  name: string;
  order: number;
  visit: number;
  status: string;
  attempt: number;
  started: number;
  finished: string;
  reason: string | undefined;
}

const ENTRY = /^(\d+),(\d+),([rwcfa]),(\d+),(\d+),(\d*)(?:\t(.+))?$/s;
const AWAITS = /^\d+\t([^\t]+)\t([^\t]+)\t[^\t]+$/;
const UNFINISHED = 'rwa';

/** What is wrong with the steps of a job. */
export function auditSteps(state: string, fields: JobFields, now: number): string[] {
  const stored = Object.entries(fields as Record<string, string>);
  const entries = stored.flatMap(([field, value]) =>
    field.startsWith('step:') ? [readEntry(field, value)] : [],
  );
  const broken = entries.filter((entry) => typeof entry === 'string');
  if (broken.length > 0) return broken as string[];
  const read = entries as Entry[];
  return [
    ...read.flatMap((entry) => auditEntry(entry, fields, now)),
    ...auditCursor(state, fields, read),
    ...auditOrders(read),
    ...auditAwaits(state, fields, read),
    ...stored.flatMap(([field, value]) => auditField(field, value, fields)),
  ];
}

function readEntry(field: string, text: string): Entry | string {
  const parts = ENTRY.exec(text);
  if (!parts) return `has the unreadable entry ${field} ${text}`;
  const [, order, visit, status, attempt, started, finished, reason] = parts;
  return {
    ...{ name: field.slice('step:'.length), order: Number(order), visit: Number(visit), status: status! },
    ...{ attempt: Number(attempt), started: Number(started), finished: finished!, reason },
  };
}

function auditEntry(entry: Entry, fields: JobFields, now: number): string[] {
  const { name, order, visit, status, attempt, started, finished, reason } = entry;
  const wrong: string[] = [];
  const isOver = status === 'c' || status === 'f';
  if (order < 1 || visit < order || attempt < 1) wrong.push('was never begun');
  if (started > now || Number(finished) > now || (finished !== '' && Number(finished) < started))
    wrong.push(`ran from ${started} to ${finished} at ${now}`);
  if (isOver !== (finished !== '')) wrong.push(`is ${status}, finished ${finished}`);
  if ((status === 'w' || status === 'f') !== (reason !== undefined))
    wrong.push(`is ${status}, reason ${reason}`);
  if (UNFINISHED.includes(status) && fields.step !== name)
    wrong.push(`is ${status}, the cursor at ${fields.step}`);
  const isResult = fields.step === `end:${name}` && fields.result !== undefined;
  if (status === 'c' && fields.step !== undefined && fields[`value:${name}`] === undefined && !isResult)
    wrong.push('is completed without a value');
  if (isOver && fields[`last:${name}`] !== undefined) wrong.push('is over and has an emission left');
  return wrong.map((fault) => `has a step ${name} that ${fault}`);
}

function auditCursor(state: string, { step }: JobFields, entries: Entry[]): string[] {
  if (step === undefined) {
    // Only a completed job that was retried has lost its cursor, until it starts anew.
    return entries.some(({ status }) => UNFINISHED.includes(status)) ? ['has steps but no cursor'] : [];
  }
  if (step === '') return ['has an empty cursor'];
  if (state === 'completed' && !step.startsWith('end:')) return [`is completed with the cursor at ${step}`];
  if (
    step.startsWith('end:') &&
    !entries.some(({ name, status }) => step === `end:${name}` && status === 'c')
  )
    return [`is at ${step}, which has not completed`];
  return [];
}

function auditOrders(entries: Entry[]): string[] {
  const orders = new Set(entries.map(({ order }) => order));
  return orders.size === entries.length ? [] : ['has two steps with one place in their order'];
}

function auditAwaits(state: string, { awaits, step }: JobFields, entries: Entry[]): string[] {
  const waiting = entries.filter(({ status }) => status === 'a');
  if (awaits === undefined) return waiting.length > 0 ? ['has a step that waits for nothing'] : [];
  const name = AWAITS.exec(awaits)?.[1];
  if (name === undefined) return [`awaits ${awaits}`];
  if (state === 'completed') return [`is completed and awaits ${awaits}`];
  return name === step && waiting.some((entry) => entry.name === name) ? [] : [`awaits a signal for ${name}`];
}

function auditField(field: string, value: string, fields: JobFields): string[] {
  const [kind, name] = [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)];
  if (kind === 'value' && fields[`step:${name}`] === undefined) return [`has ${field} without its step`];
  if (kind === 'value' && !/^(t$|[vs].)/s.test(value)) return [`has ${field} ${value}`];
  if (kind === 'signal' && !/^[^\t]*\t/.test(value)) return [`has ${field} ${value}`];
  if (kind === 'signal' && value === '\t') return [`has ${field} with neither key nor payload`];
  return [];
}
