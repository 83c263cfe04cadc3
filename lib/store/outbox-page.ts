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

export function readPage(reply: readonly unknown[]): OutboxPage {
  const [history, lateInMs, sent, going, laidAside, ...rest] = reply as [
    ...[string, number, string, string, number],
    ...string[],
  ];
  const lines: OutboxLine[] = [];
  for (let at = 0; at < rest.length;) {
    const [target, number, era] = rest.slice(at, at + 3) as [string, string, string];
    const [kept, left, count] = rest.slice(at + 3, at + 6).map(Number) as [number, number, number];
    at += 6;
    const given: OutboxMessage[] = [];
    for (const end = at + 3 * count; at < end; at += 3) {
      given.push({ number: rest[at]!, era: rest[at + 1]!, text: rest[at + 2]! });
    }
    lines.push({ target, number, era, kept, left, given });
  }
  return {
    history,
    lateInMs: Number(lateInMs),
    sent: Number(sent),
    going: new Set(going === '' ? [] : going.split(',')),
    laidAside: Number(laidAside),
    lines,
  };
}
