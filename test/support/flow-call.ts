import { addFlow, readOutbox, receive } from '../../lib/redis/scripts.generated.js';
import type { QueueDump } from './dump-queue.js';
import type { ScriptLab, Trial } from './script-lab.js';
import { SEED_TIME } from './seed-queue.js';

/** Now, unless a call says otherwise. */
export const FLOW_TIME = SEED_TIME + 1000;
/** Another queue, as messages name it. */
export const OTHER = 'other:{queue}:';

const SEPARATOR = '\x1f';

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

export function runAddFlow(lab: ScriptLab, flows: readonly FlowCall[], seq = '1'): Promise<Trial> {
  const rest = flows.flatMap(({ kind, id, refs = [], messages = [], staged = '', total = 0, ...flow }) => [
    kind,
    id,
    ...(kind === 'root' ? [flow.spec ?? '', flow.body ?? BODY] : [flow.token ?? '', '']),
    String(flow.pending ?? refs.length),
    staged,
    String(total),
    String(refs.length),
    ...refs,
    String(messages.length),
    ...messages.flatMap(([place, text]) => [String(place), text]),
  ]);
  return lab.run(addFlow, [FLOW_TIME, 'a', seq], rest);
}

/** Messages are numbered from 1, or from the one given. */
export function runReceive(
  lab: ScriptLab,
  messages: readonly string[],
  { first = 1, source = OTHER, now = FLOW_TIME } = {},
): Promise<Trial> {
  const rest = messages.flatMap((text, i) => [String(first + i), text]);
  return lab.run(receive, [now, source], rest);
}

export interface PageOptions {
  now?: number;
  holder?: string;
  lease?: number;
  done?: number;
  weight?: number;
  bytes?: number;
}

export function runReadOutbox(lab: ScriptLab, options: PageOptions = {}): Promise<Trial> {
  const { now = FLOW_TIME, holder = 'p', lease = 1000, done = 0, weight = 1000, bytes = 100_000 } = options;
  return lab.run(readOutbox, [now, holder, lease, done, weight, bytes]);
}

/** Messages of the outbox, taken apart; the number is left out. */
export function sentIn(dump: QueueDump): string[][] {
  return ((dump.outbox ?? []) as string[]).map((text) => text.split(SEPARATOR).slice(1));
}
