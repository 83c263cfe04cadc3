/** Where a reader is in the events of several queues: the text of it is the id of a server-sent message. */
export class BoardCursor {
  private readonly places: Map<string, string>;

  /**
   * @param ids of the last events that the reader was told of, in the order of the queues
   * @param beginning where to begin without those
   */
  constructor(queues: readonly string[], ids: readonly string[] | undefined, beginning: string) {
    this.places = new Map(queues.map((queue, at) => [queue, ids?.[at] ?? beginning]));
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
