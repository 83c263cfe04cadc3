import { Injectable, type MessageEvent } from '@nestjs/common';
import {
  bufferTime,
  concatAll,
  concatMap,
  defer,
  filter,
  map,
  merge,
  startWith,
  type Observable,
} from 'rxjs';
import { InjectQueueEvents, type QueueEvents } from 'stepwell';
import { PHOTOS, PICTURES } from '../photos/photo.js';
import { PhotosService } from '../photos/photos.service.js';
import { BoardCursor } from './board-cursor.js';
import type { BoardMessage, Changes } from './board-message.js';
import { happeningOf } from './happening.js';
import { Metrics } from './metrics.js';
import { photoOf, type QueueEvent } from './queue-event.js';

const BATCH_MS = 40;
const MAX_BATCH = 500;
/** How far back the activity of a browser without a cursor begins. */
const PAST_MS = 5 * 60_000;
const RECONNECT_MS = 1000;

/**
 * What a browser is told, from its first connection or from where it was cut off. Every message has a cursor as its id,
 * which the browser sends back when it connects again: an event is told once, and none is left out.
 */
@Injectable()
export class BoardStream {
  private readonly sources: readonly QueueEvents[];

  constructor(
    @InjectQueueEvents(PHOTOS) photoEvents: QueueEvents,
    @InjectQueueEvents(PICTURES) pictureEvents: QueueEvents,
    private readonly photos: PhotosService,
    private readonly metrics: Metrics,
  ) {
    this.sources = [photoEvents, pictureEvents];
  }

  open(lastEventId: string | undefined): Observable<MessageEvent> {
    return defer(() => {
      const names = this.sources.map(({ name }) => name);
      const cursor = new BoardCursor(names, lastEventId, `${Date.now() - PAST_MS}-0`);
      const news = merge(...this.sources.map((source) => follow(source, cursor))).pipe(
        bufferTime(BATCH_MS, null, MAX_BATCH),
        filter((batch) => batch.length > 0),
        startWith(undefined),
        // One after the other: what is read later is never told earlier.
        concatMap((batch) => this.messages(batch, cursor)),
        concatAll(),
      );
      const ticks = this.metrics.ticks$.pipe(map((tick): BoardMessage => ({ type: 'tick', data: tick })));
      return merge(news, ticks).pipe(
        map((message) => ({ ...message, id: cursor.toString(), retry: RECONNECT_MS })),
      );
    });
  }

  private async messages(batch: QueueEvent[] | undefined, cursor: BoardCursor): Promise<BoardMessage[]> {
    if (!batch) return [await this.snapshot()];
    const changes = await this.changes(batch, cursor);
    // Where events are missing, only a look at everything tells what they said.
    const hasGap = batch.some(({ event }) => event.event === 'gap');
    return hasGap ? [changes, await this.snapshot()] : [changes];
  }

  private async snapshot(): Promise<BoardMessage> {
    return { type: 'snapshot', data: { photos: await this.photos.list(), ticks: this.metrics.history() } };
  }

  private async changes(batch: QueueEvent[], cursor: BoardCursor): Promise<BoardMessage> {
    const events = batch.map(happeningOf).filter((happening) => happening !== undefined);
    const ids = new Set(batch.flatMap((event) => photoOf(event) ?? []));
    const changes: Changes = { events, photos: [], gone: [] };
    for (const id of ids) {
      const photo = await this.photos.look(id);
      if (photo) changes.photos.push(photo);
      else changes.gone.push(id);
    }
    for (const { queue, event } of batch) cursor.moveTo(queue, event.id);
    return { type: 'changes', data: changes };
  }
}

function follow(source: QueueEvents, cursor: BoardCursor): Observable<QueueEvent> {
  const queue = source.name;
  return source.follow({ after: cursor.of(queue) }).pipe(map((event) => ({ queue, event })));
}
