import { decodeReadOutboxReply } from '../job/wire.generated.js';

/** A message as it stands in an outbox. */
export interface OutboxMessage {
  number: string;
  /** Numbers of one era rise; those of two have nothing to do with each other. */
  era: string;
  text: string;
}

/** What read-outbox says of the messages to one target. */
export interface OutboxLine {
  target: string;
  /** Number and era of the last message received. */
  number: string;
  era: string;
  /** How many have been received and are kept until nothing can undo that. */
  kept: number;
  /** How many are still to be received. */
  left: number;
  /** Those to deliver now. */
  given: OutboxMessage[];
}

/** The answer of read-outbox. */
export interface OutboxPage {
  history: string;
  /** Milliseconds until another process is late with what it delivers, -1 when none is at it. */
  lateInMs: number;
  /** Number of the last message posted. */
  sent: number;
  /** Flows asked about that are not whole yet. */
  going: Set<string>;
  /** Messages that cannot be read: they are kept beside, and hold up nobody. */
  laidAside: number;
  lines: OutboxLine[];
}

export function readPage(reply: unknown): OutboxPage {
  const { going, ...page } = decodeReadOutboxReply(reply);
  return { ...page, going: new Set(going === '' ? [] : going.split(',')) };
}
