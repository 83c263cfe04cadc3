// Generated from lua/ by scripts/generate-lua.mjs. Do not edit.

/** What follows the fixed arguments of a command, in the form that it reads. */
export interface Encoded<Command extends string> extends ReadonlyArray<string> {
  /** Types only; never set. */
  readonly [OF]: Command;
}

declare const OF: unique symbol;

type Part = string | readonly Part[];

/** A list goes as how many there are, and then they. */
function append(to: string[], parts: readonly Part[]): void {
  for (const part of parts) {
    if (typeof part === 'string') {
      to.push(part);
    } else {
      to.push(String(part.length));
      append(to, part[0] instanceof Array ? part.flat() : part);
    }
  }
}

function encodeAll<Command extends string>(entries: readonly (readonly Part[])[]): Encoded<Command> {
  const texts: string[] = [];
  for (const entry of entries) {
    append(texts, entry);
  }
  return texts as never;
}

/** See lua/shared/checkpoint.lua. */
export type Exit =
  | readonly ['complete', result: string, keep: string]
  | readonly ['fail', reason: string, stack: string, keep: string, exhausted: '' | '1']
  | readonly ['retry', reason: string, stack: string, delayMs: string, front: '' | '1']
  | readonly ['postpone', delayMs: string]
  | readonly ['wait-children']
  | readonly ['await-signal', signal: string, timeoutMs: string]
  | readonly ['undo', failure: string];

/** How many texts each has at least. */
export const EXIT_SIZES = {
  'complete': 3,
  'fail': 5,
  'retry': 5,
  'postpone': 2,
  'wait-children': 1,
  'await-signal': 3,
  'undo': 2,
} as const;

/** An entry of a call of commit. */
export type CommitEntry =
  | readonly ['add', id: string, spec: string, body: string]
  | readonly ['complete', id: string, token: string, result: string, keep: string]
  | readonly ['fail', id: string, token: string, reason: string, stack: string, keep: string, exhausted: '' | '1']
  | readonly ['retry', id: string, token: string, reason: string, stack: string, delayMs: string, front: '' | '1']
  | readonly ['postpone', id: string, token: string, delayMs: string]
  | readonly ['wait-children', id: string, token: string, child: string]
  | readonly ['data', id: string, token: string, json: string]
  | readonly ['progress', id: string, token: string, json: string]
  | readonly ['log', id: string, token: string, line: string, keep: string]
  | readonly ['clear-logs', id: string, token: string, keep: string]
  | readonly ['begin-step', id: string, token: string, name: string, head: string, from: string, anew: '' | '1']
  | readonly ['step', id: string, token: string, name: string, head: string, value: string, nextStep: string, nextHead: string, way: readonly [] | Exit]
  | readonly ['emit', id: string, token: string, step: string, json: string]
  | readonly ['end-wait', id: string, token: string];

/** How many texts each has at least. */
export const COMMIT_ENTRY_SIZES = {
  'add': 4,
  'complete': 5,
  'fail': 7,
  'retry': 7,
  'postpone': 4,
  'wait-children': 4,
  'data': 4,
  'progress': 4,
  'log': 5,
  'clear-logs': 4,
  'begin-step': 7,
  'step': 9,
  'emit': 5,
  'end-wait': 3,
} as const;

export function encodeCommit(entries: readonly CommitEntry[]): Encoded<'commit'> {
  return encodeAll(entries);
}

/** What commit replies. */
export interface CommitReply<Row> {
  words: string;
  dueInMs: number;
  limitedForMs: number;
  time: string;
  undeliveredMs: number;
  started: Row[];
}

export function decodeCommitReply<Row>(
  sent: unknown,
  row: (id: string, body: string, token: string, fields: string[]) => Row,
): CommitReply<Row> {
  const reply = sent as readonly unknown[];
  const started: Row[] = [];
  for (let n = 5; n < reply.length; n += 4) {
    started.push(row(reply[n] as string, reply[n + 1] as string, reply[n + 2] as string, reply[n + 3] as string[]));
  }
  return {
    words: reply[0] as string,
    dueInMs: Number(reply[1]),
    limitedForMs: Number(reply[2]),
    time: reply[3] as string,
    undeliveredMs: Number(reply[4]),
    started,
  };
}

/** What recover-stalled replies. */
export interface RecoverStalledReply<Row> {
  ids: string[];
  graceMs: number;
  unplanned: string[];
  started: Row[];
}

export function decodeRecoverStalledReply<Row>(
  sent: unknown,
  row: (id: string, body: string, token: string, fields: string[]) => Row,
): RecoverStalledReply<Row> {
  const reply = sent as readonly unknown[];
  const started: Row[] = [];
  for (let n = 3; n < reply.length; n += 4) {
    started.push(row(reply[n] as string, reply[n + 1] as string, reply[n + 2] as string, reply[n + 3] as string[]));
  }
  return {
    ids: reply[0] as string[],
    graceMs: Number(reply[1]),
    unplanned: reply[2] as string[],
    started,
  };
}
