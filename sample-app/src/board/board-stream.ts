import { Injectable, type MessageEvent } from '@nestjs/common';
import {
  bufferTime,
  concatAll,
  concatMap,
  defer,
  filter,
  first,
  map,
  merge,
  retry,
  switchMap,
  timer,
  type Observable,
} from 'rxjs';
import { InjectQueueEvents, type QueueEvents } from 'stepwell';
import { readCursor } from '../http/event-cursor.js';
import { PHOTOS, PICTURES } from '../photos/photo.js';
import { PhotosService } from '../photos/photos.service.js';
import { RedisWatch } from '../redis/redis-watch.js';
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
const ASK_AGAIN_MS = 500;
/** Where Redis answers and this still fails, the connection ends, and the browser goes on in a new one. */
const ASK_AGAIN = 5;

/** What there is to tell of: events, or everything anew. */
type News = QueueEvent[] | 'everything';

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
    private readonly redis: RedisWatch,
  ) {
    this.sources = [photoEvents, pictureEvents];
  }

  /**
   * @param after the id of the last message that the browser got, as it came
   * @throws {BadRequestException} where that is none
   */
  open(after: unknown): Observable<MessageEvent> {
    const names = this.sources.map(({ name }) => name);
    const ids = readCursor(after, names.length);
    return defer(() => {
      const cursor = new BoardCursor(names, ids, `${Date.now() - PAST_MS}-0`);
      const told = merge(this.statuses(), this.news(cursor), this.ticks());
      return told.pipe(map((message) => ({ ...message, id: cursor.toString(), retry: RECONNECT_MS })));
    });
  }

  private statuses(): Observable<BoardMessage> {
    return this.redis.state$.pipe(map((redis) => ({ type: 'status', data: { redis } })));
  }

  private ticks(): Observable<BoardMessage> {
    return this.metrics.ticks$.pipe(map((tick) => ({ type: 'tick', data: tick })));
  }

  private news(cursor: BoardCursor): Observable<BoardMessage> {
    // At first, and after each outage: what happened meanwhile need not all have been told by events.
    const looks = this.redis.state$.pipe(
      filter((state) => state === 'up'),
      map((): News => 'everything'),
    );
    const batches = merge(...this.sources.map((source) => follow(source, cursor))).pipe(
      bufferTime(BATCH_MS, null, MAX_BATCH),
      filter((batch) => batch.length > 0),
    );
    const whenUp = () =>
      timer(ASK_AGAIN_MS).pipe(switchMap(() => this.redis.state$.pipe(first((state) => state === 'up'))));
    return merge(looks, batches).pipe(
      // One after the other: what is read later is never told earlier.
      concatMap((news) =>
        defer(() => this.messages(news, cursor)).pipe(retry({ count: ASK_AGAIN, delay: whenUp })),
      ),
      concatAll(),
    );
  }

  private async messages(news: News, cursor: BoardCursor): Promise<BoardMessage[]> {
    if (news === 'everything') return [await this.snapshot()];
    const changes = await this.changes(news, cursor);
    // Where events are missing, only a look at everything tells what they said.
    const hasGap = news.some(({ event }) => event.event === 'gap');
    return hasGap ? [changes, await this.snapshot()] : [changes];
  }

  private async snapshot(): Promise<BoardMessage> {
    return {
      type: 'snapshot',
      data: {
        photos: await this.photos.list(),
        ticks: this.metrics.history(),
        counts: this.redis.counts,
      },
    };
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
