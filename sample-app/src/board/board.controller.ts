import { Controller, Headers, Query, Sse, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { BoardStream } from './board-stream.js';

@Controller('board')
export class BoardController {
  constructor(private readonly board: BoardStream) {}

  /** A browser names its cursor in the header when it connects again by itself, and in the address when the page does it. */
  @Sse('events')
  events(
    @Headers('last-event-id') lastEventId?: string,
    @Query('after') after?: unknown,
  ): Observable<MessageEvent> {
    return this.board.open(lastEventId ?? after);
  }
}
