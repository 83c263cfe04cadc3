import { type Brought, decodeReadOutboxReply, isMessage, readBrought } from '../job/wire.generated.js';

/** Between the messages of one element. */
const NEXT_MESSAGE = '\u001d';
const BROUGHT_SIZE = 7;

/** What one call has posted to one target, as it stands in an outbox: one message or several. */
export interface OutboxElement {
  number: string;
  /** Numbers of one era rise; those of two have nothing to do with each other. */
  era: string;
  text: string;
}

/** What read-outbox says of the elements to one target. */
export interface OutboxLine {
  target: string;
  /** Number and era of the last message received. */
  number: string;
  era: string;
  /** How many have been received and are kept until nothing can undo that. */
  kept: number;
  /** How many are still to be received. */
  left: number;
  /** Number of the last one posted. */
  newest: string;
  /** Those to deliver now. */
  given: OutboxElement[];
}

/** Whether it ends with a fence. */
export function isFence({ text }: OutboxElement): boolean {
  return isMessage(text.slice(text.lastIndexOf(NEXT_MESSAGE) + 1), 'fence');
}

/** Which past of its server an element was posted in. */
export function pastOf({ era }: OutboxElement): string {
  return era.slice(era.indexOf('.') + 1);
}

/** What a call has posted, and brought along. */
export function readPosted(posted: readonly string[]): Brought[] {
  const read: Brought[] = [];
  for (let n = 0; n < posted.length; n += BROUGHT_SIZE) {
    read.push(readBrought(posted, n));
  }
  return read;
}

/** The reply of read-outbox. */
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
