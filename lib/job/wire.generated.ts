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

/** Rows in a list of their own, one behind the other. */
function rowsIn<Row>(list: unknown, size: number, read: (list: readonly unknown[], n: number) => Row): Row[] {
  const rows: Row[] = [];
  for (let n = 0; n < (list as readonly unknown[]).length; n += size) {
    rows.push(read(list as readonly unknown[], n));
  }
  return rows;
}

/** A word and the parts behind it, a line each. The last one has what is left, lines or not. */
function lineOf(text: string, n: number, isLast: boolean): string {
  let at = 0;
  for (let line = 0; line < n && at >= 0; line += 1) {
    at = text.indexOf('\n', at) + 1 || -1;
  }
  const end = isLast ? -1 : text.indexOf('\n', at);
  return at < 0 ? '' : text.slice(at, end < 0 ? undefined : end);
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

/** See lua/shared/group-records.lua. */
export function groupedPriorityText(priority: number | '', weight: number | '', group: string): string {
  return `${priority},${weight}@${group}`;
}

/** See lua/shared/group-records.lua. */
export interface GroupedPriority {
  priority: number | undefined;
  weight: number | undefined;
  group: string;
}

const GROUPED_PRIORITY = /^(\d*),(\d*)@([^]+)$/;

export function readGroupedPriority(text: string): GroupedPriority | undefined {
  const found = GROUPED_PRIORITY.exec(text);
  return found
    ? {
        priority: numberIn(found[1]),
        weight: numberIn(found[2]),
        group: found[3] as string,
      }
    : undefined;
}

/** See lua/shared/group-turns.lua. */
export function groupGrantText(concurrency: number | '', max: number | '', duration: number | '', alone: '' | '1'): string {
  return `${concurrency},${max},${duration},${alone}`;
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

/** See lua/shared/notify-workers.lua. */
export function cancelNoticeText(id: string, token: string, how: string): string {
  return `${id}\t${token}\t${how}`;
}

/** See lua/shared/notify-workers.lua. */
export interface CancelNotice {
  id: string;
  token: string;
  how: string;
}

const CANCEL_NOTICE = /^([^\t]*)\t([^\t]*)\t([^]+)$/;

export function readCancelNotice(text: string): CancelNotice | undefined {
  const found = CANCEL_NOTICE.exec(text);
  return found
    ? {
        id: found[1] as string,
        token: found[2] as string,
        how: found[3] as string,
      }
    : undefined;
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

/** See lua/shared/retention.lua. */
export function keepPolicyText(count: number | '', ageMs: number | '', limit: number | ''): string {
  return `${count},${ageMs},${limit}`;
}

/** See lua/shared/signals.lua. */
export function awaitedSignalText(due: number, step: string, nextStep: string, signal: string): string {
  return `${due}\t${step}\t${nextStep}\t${signal}`;
}

/** See lua/shared/signals.lua. */
export interface AwaitedSignal {
  due: number;
  step: string;
  nextStep: string;
  signal: string;
}

const AWAITED_SIGNAL = /^(\d+)\t([^\t]*)\t([^\t]*)\t([^]+)$/;

export function readAwaitedSignal(text: string): AwaitedSignal | undefined {
  const found = AWAITED_SIGNAL.exec(text);
  return found
    ? {
        due: Number(found[1]),
        step: found[2] as string,
        nextStep: found[3] as string,
        signal: found[4] as string,
      }
    : undefined;
}

/** See lua/shared/steps.lua. */
export function stepHeadText(order: number, visit: number, letter: string, attempt: number): string {
  return `${order},${visit},${letter},${attempt}`;
}

/** See lua/shared/steps.lua. */
export function storedStepText(order: number, visit: number, letter: string, attempt: number, started: number | '', finished: number | ''): string {
  return `${order},${visit},${letter},${attempt},${started},${finished}`;
}

/** See lua/shared/steps.lua. */
export interface StoredStep {
  order: number;
  visit: number;
  letter: string;
  attempt: number;
  started: number | undefined;
  finished: number | undefined;
  /** What follows. */
  rest: string;
}

const STORED_STEP = /^(\d+),(\d+),([A-Za-z]),(\d+),(\d*),(\d*)([^]*)$/;

export function readStoredStep(text: string): StoredStep | undefined {
  const found = STORED_STEP.exec(text);
  return found
    ? {
        order: Number(found[1]),
        visit: Number(found[2]),
        letter: found[3] as string,
        attempt: Number(found[4]),
        started: numberIn(found[5]),
        finished: numberIn(found[6]),
        rest: found[7] as string,
      }
    : undefined;
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

/** What add-plain replies. */
export interface AddPlainReply {
  time: string;
  first: string;
}

export function decodeAddPlainReply(sent: unknown): AddPlainReply {
  const reply = (sent as string).split('\n');
  return {
    time: reply[0] as string,
    first: reply[1] as string,
  };
}

/** What clean-jobs replies. */
export interface CleanJobsReply {
  next: number;
  removed: string[];
}

export function decodeCleanJobsReply(sent: unknown): CleanJobsReply {
  const reply = (sent as string).split('\n');
  return {
    next: Number(reply[0]),
    removed: reply.slice(1) as string[],
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
  | readonly ['pass-step', id: string, token: string, name: string, value: string, nextStep: string]
  | readonly ['last-step', id: string, token: string, name: string, result: string, keep: string]
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
  'pass-step': 6,
  'last-step': 6,
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

/** What count-groups replies. */
export interface CountGroupsReply {
  waiting: number;
  limited: number;
  maxed: number;
  paused: number;
  jobs: number;
}

export function decodeCountGroupsReply(sent: unknown): CountGroupsReply {
  const reply = sent as readonly unknown[];
  return {
    waiting: Number(reply[0]),
    limited: Number(reply[1]),
    maxed: Number(reply[2]),
    paused: Number(reply[3]),
    jobs: Number(reply[4]),
  };
}

/** What count-jobs replies. */
export interface CountJobsReply {
  waiting: number;
  prioritized: number;
  delayed: number;
  active: number;
  completed: number;
  failed: number;
  waitingChildren: number;
  paused: boolean;
}

export function decodeCountJobsReply(sent: unknown): CountJobsReply {
  const reply = sent as readonly unknown[];
  return {
    waiting: Number(reply[0]),
    prioritized: Number(reply[1]),
    delayed: Number(reply[2]),
    active: Number(reply[3]),
    completed: Number(reply[4]),
    failed: Number(reply[5]),
    waitingChildren: Number(reply[6]),
    paused: isSet(reply[7]),
  };
}

/** See lua/commands/count-places.lua. */
export interface NeededPlaces {
  name: string;
  number: string;
  has: number;
  needed: number;
  lacking: number;
  concurrency: number;
  max: number;
  duration: number;
}

export function readNeededPlaces(list: readonly unknown[], n = 0): NeededPlaces {
  return {
    name: list[n] as string,
    number: list[n + 1] as string,
    has: Number(list[n + 2]),
    needed: Number(list[n + 3]),
    lacking: Number(list[n + 4]),
    concurrency: Number(list[n + 5]),
    max: Number(list[n + 6]),
    duration: Number(list[n + 7]),
  };
}

/** What count-places replies. */
export interface CountPlacesReply {
  time: string;
  limits: NeededPlaces[];
}

export function decodeCountPlacesReply(sent: unknown): CountPlacesReply {
  const reply = sent as readonly unknown[];
  const limits: NeededPlaces[] = [];
  for (let n = 1; n < reply.length; n += 8) {
    limits.push(readNeededPlaces(reply, n));
  }
  return {
    time: reply[0] as string,
    limits,
  };
}

/** What count-priorities replies. */
export interface CountPrioritiesReply {
  counts: number[];
}

export function decodeCountPrioritiesReply(sent: unknown): CountPrioritiesReply {
  const reply = sent as readonly unknown[];
  return {
    counts: reply.map((row) => Number(row)),
  };
}

/** See lua/commands/drain-queue.lua. */
export function drainPlaceText(set: number, rank: number, kept: number): string {
  return `${set},${rank},${kept}`;
}

/** What drain-queue replies. */
export interface DrainQueueReply {
  removed: number;
  looked: number;
  begun: number;
  left: number;
  passed: number;
  prioritized: string;
  later: string;
  groupPlace: string;
}

export function decodeDrainQueueReply(sent: unknown): DrainQueueReply {
  const reply = sent as readonly unknown[];
  return {
    removed: Number(reply[0]),
    looked: Number(reply[1]),
    begun: Number(reply[2]),
    left: Number(reply[3]),
    passed: Number(reply[4]),
    prioritized: reply[5] as string,
    later: reply[6] as string,
    groupPlace: reply[7] as string,
  };
}

/** What explain-job replies. */
export interface ExplainJobReply {
  now: number;
  state: string;
  fields: string[];
  isPaused: boolean;
  closedMs: number;
  concurrency: number | undefined;
  max: number | undefined;
  active: number;
  alive: number;
  started: number;
  windowMs: number;
  ahead: number;
  at: number;
  heldBy: string;
  group: GroupParts | undefined;
  named: LimitParts[];
}

export function decodeExplainJobReply(sent: unknown): ExplainJobReply {
  const reply = sent as readonly unknown[];
  const named: LimitParts[] = [];
  for (let n = 15; n < reply.length; n += 11) {
    named.push(readLimitParts(reply, n));
  }
  return {
    now: Number(reply[0]),
    state: reply[1] as string,
    fields: reply[2] as string[],
    isPaused: isSet(reply[3]),
    closedMs: Number(reply[4]),
    concurrency: numberIn(reply[5]),
    max: numberIn(reply[6]),
    active: Number(reply[7]),
    alive: Number(reply[8]),
    started: Number(reply[9]),
    windowMs: Number(reply[10]),
    ahead: Number(reply[11]),
    at: Number(reply[12]),
    heldBy: reply[13] as string,
    group: (reply[14] as readonly unknown[]).length === 0 ? undefined : readGroupParts(reply[14] as readonly unknown[]),
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
  group: GroupParts;
  counts: number[];
}

export function decodeGetGroupReply(sent: unknown): GetGroupReply {
  const reply = sent as readonly unknown[];
  return {
    group: readGroupParts(reply[0] as readonly unknown[]),
    counts: reply.slice(1).map((row) => Number(row)),
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

/** What get-logs replies. */
export interface GetLogsReply {
  count: number;
  lines: string[];
}

export function decodeGetLogsReply(sent: unknown): GetLogsReply {
  const reply = sent as readonly unknown[];
  return {
    count: Number(reply[0]),
    lines: reply.slice(1) as string[],
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

/** What get-rate-limit replies. */
export interface GetRateLimitReply {
  started: string;
  leftMs: number;
}

export function decodeGetRateLimitReply(sent: unknown): GetRateLimitReply {
  const reply = sent as readonly unknown[];
  return {
    started: reply[0] as string,
    leftMs: Number(reply[1]),
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

/** What lend-places replies. */
export interface LendPlacesReply {
  number: string;
  places: number;
  starts: number;
  window: string;
  windowLeftMs: number;
  concurrency: number;
  max: number;
  duration: number;
  isPaused: boolean;
  isContended: boolean;
}

export function decodeLendPlacesReply(sent: unknown): LendPlacesReply {
  const reply = sent as readonly unknown[];
  return {
    number: reply[0] as string,
    places: Number(reply[1]),
    starts: Number(reply[2]),
    window: reply[3] as string,
    windowLeftMs: Number(reply[4]),
    concurrency: Number(reply[5]),
    max: Number(reply[6]),
    duration: Number(reply[7]),
    isPaused: isSet(reply[8]),
    isContended: isSet(reply[9]),
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

/** What list-jobs replies. */
export interface ListJobsReply {
  lists: string[][];
}

export function decodeListJobsReply(sent: unknown): ListJobsReply {
  const reply = sent as readonly unknown[];
  return {
    lists: reply.map((row) => row as string[]),
  };
}

/** See lua/commands/list-present.lua. */
export interface Present {
  who: string;
  until: number;
}

export function readPresent(list: readonly unknown[], n = 0): Present {
  return {
    who: list[n] as string,
    until: Number(list[n + 1]),
  };
}

/** What list-present replies. */
export interface ListPresentReply {
  time: number;
  present: Present[];
}

export function decodeListPresentReply(sent: unknown): ListPresentReply {
  const reply = sent as readonly unknown[];
  const present: Present[] = [];
  for (let n = 1; n < reply.length; n += 2) {
    present.push(readPresent(reply, n));
  }
  return {
    time: Number(reply[0]),
    present,
  };
}

/** What list-schedulers replies. */
export interface ListSchedulersReply {
  count: number;
  ids: string[];
}

export function decodeListSchedulersReply(sent: unknown): ListSchedulersReply {
  const reply = sent as readonly unknown[];
  return {
    count: Number(reply[0]),
    ids: reply.slice(1) as string[],
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

/** What obliterate-queue replies. */
export type ObliterateQueueReply =
  | { word: 'not-paused' | 'active' | 'more' | 'done' }
  | { word: 'undelivered'; target: string }
  | { word: 'unsent'; target: string };

export function decodeObliterateQueueReply(sent: unknown): ObliterateQueueReply {
  const text = sent as string;
  const word = lineOf(text, 0, false);
  switch (word) {
    case 'undelivered':
      return {
        word,
        target: lineOf(text, 1, true),
      };
    case 'unsent':
      return {
        word,
        target: lineOf(text, 1, true),
      };
    default:
      return { word } as ObliterateQueueReply;
  }
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

/** See lua/commands/read-schedulers.lua. */
export interface SchedulerParts {
  state: string;
  given: string | null;
  count: number;
  slot: number;
  job: string | null;
  paused: boolean;
  origin: string | null;
  revision: string | null;
  lastSlot: string | null;
  slots: number;
  spread: number;
  data: string | null;
}

export function readSchedulerParts(list: readonly unknown[], n = 0): SchedulerParts {
  return {
    state: list[n] as string,
    given: list[n + 1] as string | null,
    count: Number(list[n + 2]),
    slot: Number(list[n + 3]),
    job: list[n + 4] as string | null,
    paused: isSet(list[n + 5]),
    origin: list[n + 6] as string | null,
    revision: list[n + 7] as string | null,
    lastSlot: list[n + 8] as string | null,
    slots: Number(list[n + 9]),
    spread: Number(list[n + 10]),
    data: list[n + 11] as string | null,
  };
}

/** What read-schedulers replies. */
export interface ReadSchedulersReply {
  time: number;
  schedulers: SchedulerParts[];
}

export function decodeReadSchedulersReply(sent: unknown): ReadSchedulersReply {
  const reply = sent as readonly unknown[];
  return {
    time: Number(reply[0]),
    schedulers: reply.slice(1).map((row) => readSchedulerParts(row as readonly unknown[])),
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

/** See lua/commands/renew-locks.lua. */
export interface CancelledRun {
  id: string;
  token: string;
  how: string;
}

export function readCancelledRun(list: readonly unknown[], n = 0): CancelledRun {
  return {
    id: list[n] as string,
    token: list[n + 1] as string,
    how: list[n + 2] as string,
  };
}

/** What renew-locks replies. */
export interface RenewLocksReply {
  lost: string[];
  cancelled: CancelledRun[];
}

export function decodeRenewLocksReply(sent: unknown): RenewLocksReply {
  const reply = sent as readonly unknown[];
  return {
    lost: reply[0] as string[],
    cancelled: rowsIn(reply[1], 3, readCancelledRun),
  };
}

/** What retry-jobs replies. */
export interface RetryJobsReply {
  moved: number;
  before: number;
}

export function decodeRetryJobsReply(sent: unknown): RetryJobsReply {
  const reply = sent as readonly unknown[];
  return {
    moved: Number(reply[0]),
    before: Number(reply[1]),
  };
}

/** What run-scheduler replies. */
export type RunSchedulerReply =
  | { word: 'missing' | 'unreadable' | 'taken' }
  | { word: 'ok'; id: string; state: string; delay: string; priority: string; body: string };

export function decodeRunSchedulerReply(sent: unknown): RunSchedulerReply {
  const text = sent as string;
  const word = lineOf(text, 0, false);
  switch (word) {
    case 'ok':
      return {
        word,
        id: lineOf(text, 1, false),
        state: lineOf(text, 2, false),
        delay: lineOf(text, 3, false),
        priority: lineOf(text, 4, false),
        body: lineOf(text, 5, true),
      };
    default:
      return { word } as RunSchedulerReply;
  }
}

/** What upsert-scheduler replies. */
export type UpsertSchedulerReply =
  | { word: 'none' | 'paused' | 'taken' }
  | { word: 'ok'; id: string; state: string; delay: string; priority: string; body: string }
  | { word: 'again'; time: number }
  | { word: 'no-limit'; name: string };

export function decodeUpsertSchedulerReply(sent: unknown): UpsertSchedulerReply {
  const text = sent as string;
  const word = lineOf(text, 0, false);
  switch (word) {
    case 'ok':
      return {
        word,
        id: lineOf(text, 1, false),
        state: lineOf(text, 2, false),
        delay: lineOf(text, 3, false),
        priority: lineOf(text, 4, false),
        body: lineOf(text, 5, true),
      };
    case 'again':
      return {
        word,
        time: Number(lineOf(text, 1, true)),
      };
    case 'no-limit':
      return {
        word,
        name: lineOf(text, 1, true),
      };
    default:
      return { word } as UpsertSchedulerReply;
  }
}
