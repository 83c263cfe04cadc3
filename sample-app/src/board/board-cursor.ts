const CURSOR = /^\d{1,15}(?:-\d{1,15}){1,2}$/;

/** Where a reader is in the events of several queues: the text of it is the id of a server-sent message. */
export class BoardCursor {
  private readonly places: Map<string, string>;

  /**
   * @param text of a cursor that went out before; another one begins anew
   * @param beginning where to begin in a queue that the text does not tell of
   */
  constructor(queues: readonly string[], text: string | undefined, beginning: string) {
    const parts = text?.split(',') ?? [];
    const isKnown = parts.length === queues.length && parts.every((part) => CURSOR.test(part));
    this.places = new Map(queues.map((queue, at) => [queue, isKnown ? (parts[at] as string) : beginning]));
  }

  of(queue: string): string {
    const place = this.places.get(queue);
    if (place === undefined) throw new Error(`The board has no queue ${queue}`);
    return place;
  }

  moveTo(queue: string, eventId: string): void {
    this.places.set(queue, eventId);
  }

  toString(): string {
    return [...this.places.values()].join(',');
  }
}
