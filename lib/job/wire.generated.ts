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

/** What a reply says in one text. */
function wordsIn(text: unknown, separator: string): string[] {
  return text === '' ? [] : (text as string).split(separator);
}

/** '' stands for none. */
function numberIn(value: unknown): number | undefined {
  return value === '' ? undefined : Number(value);
}

function isSet(value: unknown): boolean {
  return value === 1 || value === '1';
}

function encodeAll<Command extends string>(entries: readonly (readonly Part[])[]): Encoded<Command> {
  const texts: string[] = [];
  for (const entry of entries) {
    append(texts, entry);
  }
  return texts as never;
}

/** See lua/shared/activate.lua. */
export interface Started {
  id: string;
  body: string;
  token: string;
  fields: string[];
}

export function readStarted(list: readonly unknown[], n = 0): Started {
  return {
    id: list[n] as string,
    body: list[n + 1] as string,
    token: list[n + 2] as string,
    fields: list[n + 3] as string[],
  };
}

/** See lua/shared/add-job.lua. */
export const ADDED = {
  new: '+',
  there: '=',
  kept: '~',
  noLimit: '!',
  full: '#',
} as const;

/** See lua/shared/advance-flow.lua. */
export const BEGUN = {
  posted: '+',
  here: '.',
} as const;

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

/** See lua/shared/describe-group.lua. */
export interface GroupParts {
  id: string;
  status: string;
  waiting: number;
  active: number;
  weight: number;
  concurrency: number | undefined;
  max: number | undefined;
  duration: number | undefined;
  isPaused: boolean;
  started: number;
  windowMs: number;
  closedMs: number;
  ahead: number;
  opensInMs: number;
  sidelined: number;
}

export function readGroupParts(list: readonly unknown[], n = 0): GroupParts {
  return {
    id: list[n] as string,
    status: list[n + 1] as string,
    waiting: Number(list[n + 2]),
    active: Number(list[n + 3]),
    weight: Number(list[n + 4]),
    concurrency: numberIn(list[n + 5]),
    max: numberIn(list[n + 6]),
    duration: numberIn(list[n + 7]),
    isPaused: isSet(list[n + 8]),
    started: Number(list[n + 9]),
    windowMs: Number(list[n + 10]),
    closedMs: Number(list[n + 11]),
    ahead: Number(list[n + 12]),
    opensInMs: Number(list[n + 13]),
    sidelined: Number(list[n + 14]),
  };
}

/** See lua/shared/describe-limit.lua. */
export interface LimitParts {
  name: string;
  isDefined: boolean;
  concurrency: number | undefined;
  max: number | undefined;
  duration: number | undefined;
  isPaused: boolean;
  running: number;
  started: number;
  windowMs: number;
  parked: number;
  places: number | undefined;
}

export function readLimitParts(list: readonly unknown[], n = 0): LimitParts {
  return {
    name: list[n] as string,
    isDefined: isSet(list[n + 1]),
    concurrency: numberIn(list[n + 2]),
    max: numberIn(list[n + 3]),
    duration: numberIn(list[n + 4]),
    isPaused: isSet(list[n + 5]),
    running: Number(list[n + 6]),
    started: Number(list[n + 7]),
    windowMs: Number(list[n + 8]),
    parked: Number(list[n + 9]),
    places: numberIn(list[n + 10]),
  };
}

/** See lua/shared/lines.lua. */
export interface Outgoing {
  number: string;
  era: string;
  text: string;
}

export function readOutgoing(list: readonly unknown[], n = 0): Outgoing {
  return {
    number: list[n] as string,
    era: list[n + 1] as string,
    text: list[n + 2] as string,
  };
}

/** See lua/shared/post.lua. */
export type Message =
  | readonly ['add', id: string, spec: string, link: string, count: string, body: string, ...refs: readonly string[]]
  | readonly ['adds', spec: string, link: string, ...jobs: readonly string[]]
  | readonly ['refs', id: string, ...refs: readonly string[]]
  | readonly ['settle', parent: string, child: string, policy: string, outcome: string, payload: string]
  | readonly ['ends', parent: string, policy: string, ...children: readonly string[]]
  | readonly ['relink', parent: string, child: string]
  | readonly ['fence', flow: string];

/** How many texts each has at least. */
export const MESSAGE_SIZES = {
  'add': 6,
  'adds': 3,
  'refs': 2,
  'settle': 6,
  'ends': 3,
  'relink': 3,
  'fence': 2,
} as const;

export const SEPARATOR = '\x1f';

export function messageText(message: Message): string {
  return message.join(SEPARATOR);
}

export function isMessage(text: string, kind: Message[0]): boolean {
  return text.startsWith(`${kind}${SEPARATOR}`);
}

/** See lua/shared/post.lua. */
export function flowMessageText(flag: string, weight: number, target: string, payload: string): string {
  return `${flag}\x1f${weight}\x1f${target}\x1f${payload}`;
}

/** See lua/shared/post.lua. */
export interface Brought {
  target: string;
  after: string;
  afterEra: string;
  number: string;
  era: string;
  weight: string;
  text: string;
}

export function readBrought(list: readonly unknown[], n = 0): Brought {
  return {
    target: list[n] as string,
    after: list[n + 1] as string,
    afterEra: list[n + 2] as string,
    number: list[n + 3] as string,
    era: list[n + 4] as string,
    weight: list[n + 5] as string,
    text: list[n + 6] as string,
  };
}

/** See lua/shared/post.lua. */
export function postedMessageText(number: number, era: string, weight: number, payload: string): string {
  return `${number}\x1f${era}\x1f${weight}\x1f${payload}`;
}

/** See lua/shared/read-spec.lua. */
export function specText(delay: number | '', priority: number | '', front: '' | '1', timestamp: number | ''): string {
  return `${delay},${priority},${front},${timestamp}`;
}

/** See lua/shared/read-spec.lua. */
export function specGroupText(weight: number | '', mark: string, maxSize: number | '', id: string): string {
  return `@${weight},${mark}${maxSize},${id}\x1e`;
}

/** See lua/shared/read-spec.lua. */
export function specLimitsText(how: string, names: string): string {
  return `${how}${names}`;
}

/** See lua/shared/read-spec.lua. */
export function specDedupText(ttl: number | '', flags: string, id: string): string {
  return `,${ttl},${flags},${id}`;
}

/** See lua/shared/stored-job.lua. */
export interface StoredParts {
  body: string | null;
  fields: string[];
  state: string;
}

export function readStoredParts(list: readonly unknown[], n = 0): StoredParts {
  return {
    body: list[n] as string | null,
    fields: list[n + 1] as string[],
    state: list[n + 2] as string,
  };
}

/** An entry of a call of add-flow. */
export type AddFlowEntry =
  | readonly ['root', id: string, spec: string, body: string, pending: string, staged: string, total: string, refs: readonly string[], messages: readonly (readonly [string, string])[]]
  | readonly ['attach', id: string, token: string, pending: string, staged: string, total: string, refs: readonly string[], messages: readonly (readonly [string, string])[]];

/** How many texts each has at least. */
export const ADD_FLOW_ENTRY_SIZES = {
  'root': 9,
  'attach': 8,
} as const;

export function encodeAddFlow(entries: readonly AddFlowEntry[]): Encoded<'add-flow'> {
  return encodeAll(entries);
}

/** What add-flow replies. */
export interface AddFlowReply {
  flows: string;
  posted: string[];
}

export function decodeAddFlowReply(sent: unknown): AddFlowReply {
  const reply = sent as readonly unknown[];
  return {
    flows: reply[0] as string,
    posted: reply[1] as string[],
  };
}

/** One of what a call of add-jobs brings. */
export type AddJobsNew = readonly [id: string, spec: string, body: string];

export function encodeAddJobs(entries: readonly AddJobsNew[]): Encoded<'add-jobs'> {
  return encodeAll(entries);
}

/** What add-jobs replies. */
export interface AddJobsReply {
  time: string;
  words: string[];
}

export function decodeAddJobsReply(sent: unknown): AddJobsReply {
  const reply = (sent as string).split('\n');
  return {
    time: reply[0] as string,
    words: reply.slice(1) as string[],
  };
}

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
export interface CommitReply {
  words: string[];
  dueInMs: number;
  limitedForMs: number;
  time: string;
  undeliveredMs: number;
  posted: string[];
  started: Started[];
}

export function decodeCommitReply(sent: unknown): CommitReply {
  const reply = sent as readonly unknown[];
  const started: Started[] = [];
  for (let n = 6; n < reply.length; n += 4) {
    started.push(readStarted(reply, n));
  }
  return {
    words: wordsIn(reply[0], '\t'),
    dueInMs: Number(reply[1]),
    limitedForMs: Number(reply[2]),
    time: reply[3] as string,
    undeliveredMs: Number(reply[4]),
    posted: reply[5] as string[],
    started,
  };
}

/** What explain-job replies. */
export interface ExplainJobReply {
  now: number;
  state: string;
  fields: string[];
  isPaused: boolean;
  closedMs: number;
  limits: string;
  active: number;
  alive: number;
  started: number;
  windowMs: number;
  ahead: number;
  at: number;
  heldBy: string;
  group: string[];
  named: LimitParts[];
}

export function decodeExplainJobReply(sent: unknown): ExplainJobReply {
  const reply = sent as readonly unknown[];
  const named: LimitParts[] = [];
  for (let n = 14; n < reply.length; n += 11) {
    named.push(readLimitParts(reply, n));
  }
  return {
    now: Number(reply[0]),
    state: reply[1] as string,
    fields: reply[2] as string[],
    isPaused: isSet(reply[3]),
    closedMs: Number(reply[4]),
    limits: reply[5] as string,
    active: Number(reply[6]),
    alive: Number(reply[7]),
    started: Number(reply[8]),
    windowMs: Number(reply[9]),
    ahead: Number(reply[10]),
    at: Number(reply[11]),
    heldBy: reply[12] as string,
    group: reply[13] as string[],
    named,
  };
}

/** See lua/commands/get-children.lua. */
export interface Child {
  ref: string;
  value: string;
}

export function readChild(list: readonly unknown[], n = 0): Child {
  return {
    ref: list[n] as string,
    value: list[n + 1] as string,
  };
}

/** What get-children replies. */
export interface GetChildrenReply {
  cursor: number;
  children: Child[];
}

export function decodeGetChildrenReply(sent: unknown): GetChildrenReply {
  const reply = sent as readonly unknown[];
  const children: Child[] = [];
  for (let n = 1; n < reply.length; n += 2) {
    children.push(readChild(reply, n));
  }
  return {
    cursor: Number(reply[0]),
    children,
  };
}

/** What get-group replies. */
export interface GetGroupReply {
  group: string[];
  counts: string[];
}

export function decodeGetGroupReply(sent: unknown): GetGroupReply {
  const reply = sent as readonly unknown[];
  return {
    group: reply[0] as string[],
    counts: reply.slice(1) as string[],
  };
}

/** What get-limits replies. */
export interface GetLimitsReply {
  concurrency: number | undefined;
  max: number | undefined;
  duration: number | undefined;
  active: number;
  named: LimitParts[];
}

export function decodeGetLimitsReply(sent: unknown): GetLimitsReply {
  const reply = sent as readonly unknown[];
  const named: LimitParts[] = [];
  for (let n = 4; n < reply.length; n += 11) {
    named.push(readLimitParts(reply, n));
  }
  return {
    concurrency: numberIn(reply[0]),
    max: numberIn(reply[1]),
    duration: numberIn(reply[2]),
    active: Number(reply[3]),
    named,
  };
}

/** What get-metrics replies. */
export interface GetMetricsReply {
  count: number;
  minute: number;
  before: number;
  kept: number;
  points: string[];
}

export function decodeGetMetricsReply(sent: unknown): GetMetricsReply {
  const reply = sent as readonly unknown[];
  return {
    count: Number(reply[0]),
    minute: Number(reply[1]),
    before: Number(reply[2]),
    kept: Number(reply[3]),
    points: reply[4] as string[],
  };
}

/** What get-settings replies. */
export interface GetSettingsReply {
  isPaused: boolean;
  maxEvents: number | undefined;
  metricPoints: number | undefined;
}

export function decodeGetSettingsReply(sent: unknown): GetSettingsReply {
  const reply = sent as readonly unknown[];
  return {
    isPaused: isSet(reply[0]),
    maxEvents: numberIn(reply[1]),
    metricPoints: numberIn(reply[2]),
  };
}

/** One of what a call of keep-schedulers brings. */
export type KeepSchedulersCoded = readonly [id: string, origin: string];

export function encodeKeepSchedulers(entries: readonly KeepSchedulersCoded[]): Encoded<'keep-schedulers'> {
  return encodeAll(entries);
}

/** What keep-schedulers replies. */
export interface KeepSchedulersReply {
  count: number;
  words: string[];
  removed: string[];
}

export function decodeKeepSchedulersReply(sent: unknown): KeepSchedulersReply {
  const reply = (sent as string).split('\n');
  return {
    count: Number(reply[0]),
    words: wordsIn(reply[1], ','),
    removed: reply.slice(2) as string[],
  };
}

/** See lua/commands/list-groups.lua. */
export interface ListedGroup {
  status: string;
  id: string;
}

export function readListedGroup(list: readonly unknown[], n = 0): ListedGroup {
  return {
    status: list[n] as string,
    id: list[n + 1] as string,
  };
}

/** What list-groups replies. */
export interface ListGroupsReply {
  groups: ListedGroup[];
}

export function decodeListGroupsReply(sent: unknown): ListGroupsReply {
  const reply = sent as readonly unknown[];
  const groups: ListedGroup[] = [];
  for (let n = 0; n < reply.length; n += 2) {
    groups.push(readListedGroup(reply, n));
  }
  return {
    groups,
  };
}

/** What load-jobs replies. */
export interface LoadJobsReply {
  jobs: StoredParts[];
}

export function decodeLoadJobsReply(sent: unknown): LoadJobsReply {
  const reply = sent as readonly unknown[];
  const jobs: StoredParts[] = [];
  for (let n = 0; n < reply.length; n += 3) {
    jobs.push(readStoredParts(reply, n));
  }
  return {
    jobs,
  };
}

/** What look-at-job replies. */
export interface LookAtJobReply {
  time: number;
  eventNumber: number;
  entryId: string;
  body: string | null;
  fields: string[];
  state: string;
}

export function decodeLookAtJobReply(sent: unknown): LookAtJobReply {
  const reply = sent as readonly unknown[];
  return {
    time: Number(reply[0]),
    eventNumber: Number(reply[1]),
    entryId: reply[2] as string,
    body: reply[3] as string | null,
    fields: reply[4] as string[],
    state: reply[5] as string,
  };
}

/** One of what a call of plan-slots brings. */
export type PlanSlotsPlan = readonly [id: string, revision: string, after: string, slots: string, complete: '' | '1', leftOut: string];

export function encodePlanSlots(entries: readonly PlanSlotsPlan[]): Encoded<'plan-slots'> {
  return encodeAll(entries);
}

/** One of what a call of read-outbox brings. */
export type ReadOutboxReport = readonly [target: string, received: string, durable: string, fences: string, flag: string];

export function encodeReadOutbox(entries: readonly ReadOutboxReport[]): Encoded<'read-outbox'> {
  return encodeAll(entries);
}

/** See lua/commands/read-outbox.lua. */
export interface OutboxLine {
  target: string;
  number: string;
  era: string;
  kept: number;
  left: number;
  newest: string;
  given: Outgoing[];
}

export function readOutboxLine(list: readonly unknown[], n = 0): OutboxLine {
  const given: Outgoing[] = [];
  const end = n + 7 + 3 * Number(list[n + 6]);
  for (let at = n + 7; at < end; at += 3) {
    given.push(readOutgoing(list, at));
  }
  return {
    target: list[n] as string,
    number: list[n + 1] as string,
    era: list[n + 2] as string,
    kept: Number(list[n + 3]),
    left: Number(list[n + 4]),
    newest: list[n + 5] as string,
    given,
  };
}

/** What read-outbox replies. */
export interface ReadOutboxReply {
  history: string;
  lateInMs: number;
  sent: number;
  going: string;
  laidAside: number;
  lines: OutboxLine[];
}

export function decodeReadOutboxReply(sent: unknown): ReadOutboxReply {
  const reply = sent as readonly unknown[];
  const lines: OutboxLine[] = [];
  for (let n = 5; n < reply.length; n += 7 + 3 * Number(reply[n + 6])) {
    lines.push(readOutboxLine(reply, n));
  }
  return {
    history: reply[0] as string,
    lateInMs: Number(reply[1]),
    sent: Number(reply[2]),
    going: reply[3] as string,
    laidAside: Number(reply[4]),
    lines,
  };
}

/** One of what a call of receive brings. */
export type ReceiveSent = readonly [number: string, era: string, text: string];

export function encodeReceive(entries: readonly ReceiveSent[]): Encoded<'receive'> {
  return encodeAll(entries);
}

/** What receive replies. */
export interface ReceiveReply {
  lookInMs: number;
  number: string;
  era: string;
  earlier: string;
  earlierEra: string;
  laidAside: number;
}

export function decodeReceiveReply(sent: unknown): ReceiveReply {
  const reply = sent as readonly unknown[];
  return {
    lookInMs: Number(reply[0]),
    number: reply[1] as string,
    era: reply[2] as string,
    earlier: reply[3] as string,
    earlierEra: reply[4] as string,
    laidAside: Number(reply[5] ?? 0),
  };
}

/** What recover-stalled replies. */
export interface RecoverStalledReply {
  ids: string[];
  graceMs: number;
  unplanned: string[];
  started: Started[];
}

export function decodeRecoverStalledReply(sent: unknown): RecoverStalledReply {
  const reply = sent as readonly unknown[];
  const started: Started[] = [];
  for (let n = 3; n < reply.length; n += 4) {
    started.push(readStarted(reply, n));
  }
  return {
    ids: reply[0] as string[],
    graceMs: Number(reply[1]),
    unplanned: reply[2] as string[],
    started,
  };
}

/** One of what a call of renew-locks brings. */
export type RenewLocksGrant = readonly [id: string, token: string];

export function encodeRenewLocks(entries: readonly RenewLocksGrant[]): Encoded<'renew-locks'> {
  return encodeAll(entries);
}

/** What renew-locks replies. */
export interface RenewLocksReply {
  lost: string[];
  cancelled: string[];
}

export function decodeRenewLocksReply(sent: unknown): RenewLocksReply {
  const reply = sent as readonly unknown[];
  return {
    lost: reply[0] as string[],
    cancelled: reply[1] as string[],
  };
}
