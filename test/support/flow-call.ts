import {
  type AddFlowEntry,
  type Brought,
  decodeAddFlowReply,
  encodeAddFlow,
  encodeReadOutbox,
  encodeReceive,
  SEPARATOR,
} from '../../lib/job/wire.generated.js';
import { addFlow, readOutbox, receive } from '../../lib/redis/scripts.generated.js';
import { type OutboxPage, readPage, readPosted } from '../../lib/store/outbox-page.js';
import type { QueueDump } from './dump-queue.js';
import type { ScriptLab, Trial } from './script-lab.js';
import { SEED_TIME } from './seed-queue.js';

/** Now, unless a call says otherwise. */
export const FLOW_TIME = SEED_TIME + 1000;
/** Another queue, as messages name it. */
export const OTHER = 'other:{queue}:';

/** A message of the outbox without its number: flag, weight, target, kind and what follows. */
export const message = (...parts: (string | number)[]): string => parts.join(SEPARATOR);

/** One flow as add-flow takes it. */
export interface FlowCall {
  kind: 'root' | 'attach';
  id: string;
  spec?: string;
  body?: string;
  token?: string;
  pending?: number;
  staged?: string;
  total?: number;
  refs?: readonly string[];
  /** Place of the child whose tree it belongs to, and the message. */
  messages?: readonly (readonly [number, string])[];
}

export const BODY = 'work\n{}\n{}';

export async function runAddFlow(
  lab: ScriptLab,
  flows: readonly FlowCall[],
  seq = '1',
): Promise<Trial & { posted: Brought[] }> {
  const entries = flows.map((flow): AddFlowEntry => {
    const { kind, id, refs = [], messages = [], staged = '', total = 0 } = flow;
    const children = [
      ...([String(flow.pending ?? refs.length), staged, String(total), refs] as const),
      messages.map(([place, text]) => [String(place), text] as const),
    ] as const;
    return kind === 'root'
      ? [kind, id, flow.spec ?? '', flow.body ?? BODY, ...children]
      : [kind, id, flow.token ?? '', ...children];
  });
  const trial = await lab.run(addFlow, [FLOW_TIME, 'a', seq, HERE], encodeAddFlow(entries));
  const { flows: reply, posted } = decodeAddFlowReply(trial.reply);
  return { ...trial, reply, posted: readPosted(posted) };
}

/** How the queue of the lab is named where others send to it. */
export const HERE = 'here:{queue}:';

/** What a queue notes of the last message from another one, of the era of `runReceive` unless an option says otherwise. */
export const noted = (number: number, era = 'e', before = 0, eraBefore = ''): string =>
  `${number} ${era} ${before} ${eraBefore}`;

/** Messages are numbered from 1, or from the one given. */
export function runReceive(
  lab: ScriptLab,
  messages: readonly string[],
  { first = 1, source = OTHER, now = FLOW_TIME, era = 'e', base = HERE, after = 0, afterEra = 'e' } = {},
): Promise<Trial> {
  const rest = messages.map((text, i) => [String(first + i), era, text] as const);
  return lab.run(receive, [now, source, base, String(after), afterEra], encodeReceive(rest));
}

/** What an outbox has of a target to which nothing has been delivered, up to this element. */
export const lineUpTo = (number: number, era: string): string => `0,0,,,0,0,,${number},${era}`;

/** What is known of the messages to one target. */
export interface LineReport {
  received?: number;
  durable?: number;
  fences?: readonly number[];
  flag?: 'busy' | 'again';
}

export interface PageOptions {
  now?: number;
  holder?: string;
  lease?: number;
  turn?: number;
  weight?: number;
  bytes?: number;
  past?: string;
  asked?: string;
  lines?: Record<string, LineReport>;
}

/** Reports are taken for ones of the history that the server has now, unless `past` says otherwise. */
export async function runReadOutbox(
  lab: ScriptLab,
  options: PageOptions = {},
): Promise<Trial & { page: OutboxPage }> {
  const { now = FLOW_TIME, holder = 'p', lease = 1000, turn = 0, weight = 1000, bytes = 100_000 } = options;
  const { asked = '', lines = {}, past = await historyOf(lab) } = options;
  const rest = Object.entries(lines).map(
    ([target, { received = 0, durable = 0, fences = [], flag = '' }]) =>
      [target, String(received), String(durable), fences.join(','), flag] as const,
  );
  const trial = await lab.run(
    readOutbox,
    [now, holder, lease, turn, weight, bytes, past, asked],
    encodeReadOutbox(rest),
  );
  return { ...trial, page: readPage(trial.reply) };
}

/** The first part of how the server names its own past. */
export async function historyOf(lab: ScriptLab): Promise<string> {
  return /master_replid:(.{8})/.exec(await lab.client.info('replication'))![1]!;
}

/** What one element of an outbox says, each end of a child by itself. */
function messagesIn(text: string): string[][] {
  const said = text.split(SEPARATOR).slice(3).join(SEPARATOR).split('\x1d');
  return said.flatMap((each) => {
    const [kind, ...parts] = each.split(SEPARATOR) as [string, ...string[]];
    if (kind !== 'ends') return [[kind, ...parts]];
    const [parent, policy, ...ends] = parts as [string, string, ...string[]];
    return ends.flatMap((child, i) => {
      const ended = ends[i + 1]!;
      return i % 2 > 0 ? [] : [['settle', parent, child, policy, ended[0]!, ended.slice(1)]];
    });
  });
}

/** Messages of the outbox in the order of their numbers: target, and what it says. */
export function sentIn(dump: QueueDump): string[][] {
  return Object.entries(dump)
    .filter(([name]) => name.startsWith('posted:'))
    .flatMap(([name, texts]) => (texts as string[]).map((text) => ({ name, text })))
    .sort((a, b) => parseInt(a.text) - parseInt(b.text))
    .flatMap(({ name, text }) => messagesIn(text).map((parts) => [name.slice('posted:'.length), ...parts]));
}
