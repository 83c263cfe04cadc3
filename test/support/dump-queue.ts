import type { RedisClient } from '../../lib/redis/client.js';
import { readQueueKeys, type StoredKey } from './read-queue-keys.js';

/** Name and columns of an event. */
export type DumpedEvent = string[];

export type DumpedValue = string | string[] | [string, number][] | Record<string, string> | DumpedEvent[];

/** What a queue holds, by the last part of its keys: `waiting`, `body:1`, … */
export type QueueDump = Record<string, DumpedValue>;

/** Everything a queue holds, in a form that reads well in assertions: without the numbers of events and the mark of further keys, which the audit checks, and without when somebody was heard last. */
export async function dumpQueue(client: RedisClient, prefix: string, queue: string): Promise<QueueDump> {
  const keys = await readQueueKeys(client, prefix, queue);
  const dump = Object.fromEntries(keys.map((key) => [key.name, dumpValue(key)]));
  const {
    eventNumber: _eventNumber,
    heard: _heard,
    extras: _extras,
    ...meta
  } = (dump.meta ?? {}) as Record<string, string>;
  if (Object.keys(meta).length > 0) dump.meta = meta;
  else delete dump.meta;
  return dump;
}

/** Strings as they are, lists as arrays, sorted sets as [member, score], hashes as objects, streams as lists of events. */
export function dumpValue({ type, value }: StoredKey): DumpedValue {
  switch (type) {
    case 'zset':
      return pairs(value as string[]).map(([member, score]): [string, number] => [
        member,
        Number(score.replace('inf', 'Infinity')),
      ]);
    case 'hash':
      return Object.fromEntries(pairs(value as string[]));
    case 'stream':
      return (value as [string, string[]][]).flatMap(([, fields]) =>
        pairs(fields)
          .filter(([name]) => name !== '#')
          .flatMap(readEvents),
      );
    default:
      return value as string | string[];
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2] ?? '', flat[i * 2 + 1] ?? '']);
}

/** A field of a stream entry holds events of one name, a line each; see lua/README.md. */
function readEvents([name, lines]: [string, string]): DumpedEvent[] {
  return lines.split('\n').map((line) => (line === '' ? [name] : [name, ...line.split('\t')]));
}
